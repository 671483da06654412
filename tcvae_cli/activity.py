"""The share of its variance above which the mean of a latent makes it active, unless a person chooses another."""

ACTIVE_SHARE = 0.01  # Chen et al. 2018 call a latent active if Var(mean) > 0.01, where the whole variance is about 1
