"""What can be trained: one file an objective, and their names."""
