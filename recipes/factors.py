"""The factors of a data set, counted in its rows, as one line of JSON:

python recipes/factors.py dsprites.h5
"""

import sys

import numpy as np
from pages import as_line, errors_in_one_line

import tcvae_cli as tcvae


def count(data: tcvae.DataSet) -> dict[str, object]:
    """Return the factors, their sizes as they occur, the scored ones, and whether each combination is there once."""
    described = data.description
    classes = data.classes if data.classes is not None else np.empty((described.rows, 0), dtype=np.int64)
    sizes = [len(np.unique(column[column >= 0])) for column in classes.T]
    combinations = len(np.unique(classes, axis=0)) if classes.size else 0
    return {
        "kind": "factors",
        "rows": described.rows,
        "factors": list(described.factor_names),
        "sizes": sizes,
        "scored": list(described.scored_factors),
        "complete": combinations == described.rows == int(np.prod(sizes)),
        "data_set": described.name,
        "provenance": described.provenance,
        "data_digest": data.digest,
    }


if __name__ == "__main__":
    with errors_in_one_line(), tcvae.open_data_set(sys.argv[1]) as opened:
        sys.stdout.write(as_line(count(opened)))
