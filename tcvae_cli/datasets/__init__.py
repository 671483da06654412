"""Sources of images, published or rendered here, read as rows of a data set: one file per source."""
