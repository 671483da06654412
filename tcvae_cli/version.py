"""The version of the package, for all who write it into files: they need not import the package root."""

__version__ = "0.1.0"
