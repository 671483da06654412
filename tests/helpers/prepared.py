"""Data sets that `tcvae prepare` makes in a test."""

from pathlib import Path

import numpy as np

from helpers.command import call
from tcvae_cli.files.data_sets import DataSet, open_data_set


def prepared_as(output: Path, *arguments: str) -> tuple[np.ndarray, DataSet, str]:
    """Return the images and the (closed) data set that `tcvae prepare ARGUMENTS -o OUTPUT` makes, and what it says."""
    status, _, errors = call("prepare", *arguments, "-o", str(output))
    assert status == 0, errors
    with open_data_set(str(output)) as data:
        return data.rows(slice(None)), data, errors
