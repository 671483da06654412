"""Each verb of the command line as a function that a notebook can call."""
