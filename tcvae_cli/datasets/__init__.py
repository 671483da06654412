"""Published sources, or their open equivalents, to data set rows: one file a source."""
