"""Pure functions of tensors: densities, mixtures, the ELBO decomposition, entropies and MIG. All in nats."""
