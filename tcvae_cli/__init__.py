"""Isolate sources of disentanglement, from Python: the functions behind the verbs of `tcvae` (docs/python.md).

Nothing is imported before it is used, so that `import tcvae_cli` costs nothing and needs neither torch nor numpy.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tcvae_cli import estimators, figures, results
    from tcvae_cli.errors import ArgumentError, TcvaeError
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet, open_data_set
    from tcvae_cli.results.line import read_results
    from tcvae_cli.training.trained import Run
    from tcvae_cli.verbs.compare import compare
    from tcvae_cli.verbs.decompose import decompose
    from tcvae_cli.verbs.encode import encode
    from tcvae_cli.verbs.files import load, save
    from tcvae_cli.verbs.match import match
    from tcvae_cli.verbs.match_walks import match_walks
    from tcvae_cli.verbs.mig import mig
    from tcvae_cli.verbs.portraits import portraits
    from tcvae_cli.verbs.sample_run import sample_run
    from tcvae_cli.verbs.score import score, scores
    from tcvae_cli.verbs.train import train
    from tcvae_cli.verbs.walk import walk

__all__ = [
    "ArgumentError",
    "Codes",
    "DataSet",
    "Run",
    "TcvaeError",
    "compare",
    "decompose",
    "encode",
    "estimators",
    "figures",
    "load",
    "match",
    "match_walks",
    "mig",
    "open_data_set",
    "portraits",
    "read_results",
    "results",
    "sample_run",
    "save",
    "score",
    "scores",
    "train",
    "walk",
]

HOMES = {
    "ArgumentError": "errors",
    "Codes": "files.codes",
    "DataSet": "files.data_sets",
    "Run": "training.trained",
    "TcvaeError": "errors",
    "compare": "verbs.compare",
    "decompose": "verbs.decompose",
    "encode": "verbs.encode",
    "load": "verbs.files",
    "match": "verbs.match",
    "match_walks": "verbs.match_walks",
    "mig": "verbs.mig",
    "open_data_set": "files.data_sets",
    "portraits": "verbs.portraits",
    "read_results": "results.line",
    "sample_run": "verbs.sample_run",
    "save": "verbs.files",
    "score": "verbs.score",
    "scores": "verbs.score",
    "train": "verbs.train",
    "walk": "verbs.walk",
}
PACKAGES = ("estimators", "figures", "results")


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    if name in PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted([*__all__, "__version__"])
