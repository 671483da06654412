"""Result lines: what they say, which belong together, and what they show."""
