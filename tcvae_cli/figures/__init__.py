"""Figures and pictures: one file a plot, one look; statistics come with the results."""
