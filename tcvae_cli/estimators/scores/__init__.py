"""What else a reviewer asks for: one file per measure, each a function from (representation, plan) to a score."""
