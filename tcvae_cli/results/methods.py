"""How the settings of runs are named and ordered, and which runs belong together, in tables and figures alike."""

from collections.abc import Sequence

from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.line import Line

# Objective, how it is written and its colour (Okabe and Ito's, told apart by every kind of eye), in order of drawing.
METHODS = {
    "vae": ("VAE", "#7f7f7f"),
    "beta-vae": ("beta-VAE", "#0072b2"),
    "infogan": ("InfoGAN", "#cc79a7"),
    "factorvae": ("FactorVAE", "#009e73"),
    "beta-tcvae": ("beta-TCVAE", "#d55e00"),
}
OTHER_COLOUR = "#e69f00"


def setting_order(settings: Line) -> tuple[int, float, str]:
    """Where a setting stands among the others, and its name: "VAE", "beta-TCVAE (6)"."""
    objective = str(settings["objective"])
    place = list(METHODS).index(objective) if objective in METHODS else len(METHODS)
    name = METHODS.get(objective, (objective,))[0]
    if objective == "vae" or "beta" not in settings:  # a plain VAE has no beta to tell
        return place, 0.0, name
    beta = settings.number("beta")
    plain = objective == "infogan" and beta == 1
    return place, beta, name if plain else f"{name} ({beta:g})"


def colour(setting: str) -> str:
    """The colour of a setting's objective."""
    return dict(METHODS.values()).get(setting.split(" (")[0].split(", ")[0], OTHER_COLOUR)


def data_set_of(result: Line) -> str:
    """Name and origin of the data set: results of different ones are never drawn together."""
    name, origin = result["data_set"], result["provenance"]
    if name is None:
        return "data set unknown"  # of a third party's codes
    return str(name) if origin is None else f"{name} ({origin})"


def one_estimator(results: Sequence[Line]) -> str:
    """What estimator made all RESULTS. Raises TcvaeError for several."""
    estimators = sorted({str(result["estimator"]) for result in results})
    if len(estimators) > 1:
        raise TcvaeError("results", f"mix the estimators {' and '.join(estimators)}", "plot each alone")
    return estimators[0]


def mig_by_setting(results: Sequence[Line]) -> dict[str, dict[str, list[float]]]:
    """{data set: {setting: MIG of its runs in increasing order}}, settings in METHODS' order, then by beta.

    Raises TcvaeError naming the line for a run given twice, or one that differs from its neighbours by more than seed.
    """
    runs = []
    peers: dict[tuple[str, str], list[Line]] = {}
    for result in results:
        if result["kind"] == "mig":
            data_set, settings = data_set_of(result), result.part("settings")
            place = setting_order(settings)
            check_peers(settings, peers.setdefault((data_set, place[-1]), []))
            runs.append((data_set, place, result.number("mig")))
    if not runs:
        raise TcvaeError("results", "have no mig among them", "make some with tcvae mig --format json")
    scores: dict[str, dict[str, list[float]]] = {}
    for data_set, (_, _, setting), mig in sorted(runs):
        scores.setdefault(data_set, {}).setdefault(setting, []).append(mig)
    return scores


def check_peers(settings: Line, peers: list[Line]) -> None:
    """Refuse a run that does not belong into one box with its PEERS, else add it to them."""
    if any(peer["seed"] == settings["seed"] for peer in peers):
        raise TcvaeError(settings.where, f"repeats the run of seed {settings['seed']}", "give each run once")
    if peers:
        check_alike(settings, peers[0])
    peers.append(settings)


def check_alike(settings: Line, peer: Line) -> None:
    """Refuse a run that was trained differently from its PEER."""
    for key in sorted(settings.keys() - {"seed", "precision"}):
        if peer.get(key) != settings[key]:
            raise TcvaeError(settings.where, f"differs in {key!r} from {peer.where}", "plot them apart")
