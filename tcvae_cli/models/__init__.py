"""Networks and the variational autoencoder made of them."""
