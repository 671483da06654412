"""Isolating sources of disentanglement: composable commands over HDF5 and safetensors files."""

__version__ = "0.1.0"
