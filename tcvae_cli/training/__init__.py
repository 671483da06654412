"""Training, checkpoints, encoding and traversal."""
