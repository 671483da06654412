"""MIG of runs that were trained on biased samplings of one data set: A to D of the paper's figure 5."""

from dataclasses import dataclass

from tcvae_cli.biases import BIASES
from tcvae_cli.errors import TcvaeError
from tcvae_cli.results.line import CURE, Line
from tcvae_cli.results.setting import Setting, require_alike
from tcvae_cli.results.table import Table, error_of_mixing


@dataclass(frozen=True)
class ScoresByBias:
    """MIG under each bias: {bias: {setting: values in increasing order}}."""

    estimator_sentence: str
    data_set: str  # whole, without the bias
    in_words: str  # the same as pictures call it
    factors: tuple[str, str]  # whose joint distribution is biased
    scores: dict[str, dict[Setting, list[float]]]


def scores_by_bias(table: Table) -> ScoresByBias:
    """Return the MIG of those runs whose data set tells its bias.

    Raises TcvaeError for none of them, and for what does not belong into one figure.
    """
    lines = sorted((line for line in table.lines if is_biased(line)), key=lambda line: str(line["bias"]))
    if not lines:
        cure = "make the data sets by subset with {bias}, and mig lines of runs trained on them"
        raise TcvaeError("results", "hold no result of mig on a biased data set", cure)
    first = lines[0]
    for line in lines[1:]:
        if line["bias"][1:] != first["bias"][1:] or line["data_set"] != first["data_set"]:
            raise TcvaeError(line.where, f"has another data set or factors than {first.where}", "plot them apart")
    require_alike(lines)
    scores, sentences = {}, set()
    for bias in sorted({str(line["bias"][0]) for line in lines}):
        own = Table([line for line in lines if line["bias"][0] == bias], table.tell).scores()
        if len(own.panels) > 1:
            raise TcvaeError("results", f"mix several data sets of bias {bias}", "plot each alone")
        scores[bias] = next(iter(own.panels.values()))
        sentences.add(own.estimator_sentence)
    if len(sentences) > 1:
        raise error_of_mixing("estimators", sentences)
    whole, part, _ = table.data_set(first).partition("; part of ")
    return ScoresByBias(
        sentences.pop(),
        whole + ")" * bool(part),
        table.in_words([table.data_set(first)])[0],
        (str(first["bias"][1]), str(first["bias"][2])),
        scores,
    )


def is_biased(line: Line) -> bool:
    """Tell whether a line is a MIG under a known bias. Raises TcvaeError for a bias that is none of ours."""
    found = line.get("bias")
    if line["kind"] != "mig" or found is None:
        return False
    if not isinstance(found, list) or len(found) != 3 or found[0] not in BIASES:
        raise TcvaeError(line.where, "'bias' is not A, B, C or D and two factors", CURE)
    return True
