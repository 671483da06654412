"""What else a reviewer asks for: one file a measure, each a function of (representation, plan) to a score."""
