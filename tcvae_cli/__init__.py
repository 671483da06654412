"""Isolate sources of disentanglement, from Python: the functions behind the verbs of `tcvae` (docs/python.md).

Nothing is imported before it is used, so that `import tcvae_cli` costs nothing and needs neither torch nor numpy.
"""

import importlib
from typing import TYPE_CHECKING

from tcvae_cli.lazy import importer
from tcvae_cli.machine import let_threads_sleep
from tcvae_cli.version import __version__ as __version__

if TYPE_CHECKING:
    from tcvae_cli import estimators, figures, results
    from tcvae_cli.errors import ArgumentError, TcvaeError, printable
    from tcvae_cli.files.codes import Codes
    from tcvae_cli.files.data_sets import DataSet, open_data_set
    from tcvae_cli.files.logs import Log, read_log
    from tcvae_cli.results.line import read_results
    from tcvae_cli.results.published_numbers import published
    from tcvae_cli.training.trained import Run
    from tcvae_cli.verbs.card import model_card
    from tcvae_cli.verbs.compare import compare
    from tcvae_cli.verbs.decompose import decompose
    from tcvae_cli.verbs.encode import encode
    from tcvae_cli.verbs.export import export_run
    from tcvae_cli.verbs.files import load, save
    from tcvae_cli.verbs.match import match
    from tcvae_cli.verbs.match_walks import match_walks
    from tcvae_cli.verbs.mig import mig
    from tcvae_cli.verbs.mig_lines import mig_lines
    from tcvae_cli.verbs.portraits import portraits
    from tcvae_cli.verbs.prepare import prepare
    from tcvae_cli.verbs.rank import rank
    from tcvae_cli.verbs.report import report
    from tcvae_cli.verbs.sample_run import sample_run
    from tcvae_cli.verbs.score import score, scores
    from tcvae_cli.verbs.score_result import Effort
    from tcvae_cli.verbs.show import describe
    from tcvae_cli.verbs.subset import subset
    from tcvae_cli.verbs.sweep import sweep
    from tcvae_cli.verbs.train import train
    from tcvae_cli.verbs.walk import walk

__all__ = [
    "ArgumentError",
    "Codes",
    "DataSet",
    "Effort",
    "Log",
    "Run",
    "TcvaeError",
    "compare",
    "decompose",
    "describe",
    "encode",
    "estimators",
    "export_run",
    "figures",
    "load",
    "match",
    "match_walks",
    "mig",
    "mig_lines",
    "model_card",
    "open_data_set",
    "portraits",
    "prepare",
    "printable",
    "published",
    "rank",
    "read_log",
    "read_results",
    "report",
    "results",
    "sample_run",
    "save",
    "score",
    "scores",
    "subset",
    "sweep",
    "train",
    "walk",
]

NAMES = {
    "errors": ["ArgumentError", "TcvaeError", "printable"],
    "files.codes": ["Codes"],
    "files.data_sets": ["DataSet", "open_data_set"],
    "files.logs": ["Log", "read_log"],
    "results.line": ["read_results"],
    "results.published_numbers": ["published"],
    "training.trained": ["Run"],
    "verbs.card": ["model_card"],
    "verbs.compare": ["compare"],
    "verbs.decompose": ["decompose"],
    "verbs.encode": ["encode"],
    "verbs.export": ["export_run"],
    "verbs.files": ["load", "save"],
    "verbs.match": ["match"],
    "verbs.match_walks": ["match_walks"],
    "verbs.mig": ["mig"],
    "verbs.mig_lines": ["mig_lines"],
    "verbs.portraits": ["portraits"],
    "verbs.prepare": ["prepare"],
    "verbs.rank": ["rank"],
    "verbs.report": ["report"],
    "verbs.sample_run": ["sample_run"],
    "verbs.score": ["score", "scores"],
    "verbs.score_result": ["Effort"],
    "verbs.show": ["describe"],
    "verbs.subset": ["subset"],
    "verbs.sweep": ["sweep"],
    "verbs.train": ["train"],
    "verbs.walk": ["walk"],
}
PACKAGES = ("estimators", "figures", "results")
import_name = importer(__name__, NAMES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    let_threads_sleep()
    return importlib.import_module(f"{__name__}.{name}") if name in PACKAGES else import_name(name)


def __dir__() -> list[str]:
    """Return the public names, imported or not."""
    return sorted([*__all__, "__version__"])
