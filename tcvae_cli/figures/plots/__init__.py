"""One file per plot, each a function from results, runs or codes to a matplotlib Figure."""
