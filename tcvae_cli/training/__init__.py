"""Training: the loop, what it draws from, checkpoints, the log, evaluation, and the trained run."""
