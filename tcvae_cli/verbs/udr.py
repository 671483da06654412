"""Score several codes of the same images by their likeness to one another: UDR, which needs no factors."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tcvae_cli.errors import TcvaeError
from tcvae_cli.progress import Note, heard
from tcvae_cli.results.estimators import MEASURES as ESTIMATORS
from tcvae_cli.verbs.inputs import posterior_to_score, same_probability
from tcvae_cli.verbs.record import origin_of
from tcvae_cli.verbs.score_result import Effort, ScoreResult

if TYPE_CHECKING:
    from tcvae_cli.files.codes import Codes

UDR = "udr"


def udr_of_each(codes: "Sequence[Codes]", active: float, note: Note) -> list[ScoreResult]:
    """Return UDR of each of some codes, from its likeness to the others. TcvaeError if they are of other images."""
    from tcvae_cli.estimators.activity import active_latents
    from tcvae_cli.estimators.scores.udr import rank_codes, udr

    digests = {one.data.digest for one in codes}
    if len(digests) > 1 or len({len(one.mean) for one in codes}) > 1:
        raise TcvaeError("udr", "the codes are not of the same images", "encode one data set with every run")
    if not all(same_probability(codes[0].probability, one.probability) for one in codes[1:]):
        fault = "the codes have different probabilities of the images"
        raise TcvaeError("udr", fault, "encode one data set with every run")
    told = [heard(note) for _ in codes]
    given = [posterior_to_score(one, hear) for one, (hear, _) in zip(codes, told, strict=True)]
    likely = None if codes[0].probability is None else given[0].probability
    carrying = [active_latents(one.mean, one.log_std, one.probability, active) for one in given]
    values, likeness = udr([rank_codes(one.mean[:, kept], likely) for one, kept in zip(given, carrying, strict=True)])
    return [
        ScoreResult(
            path=one.where,
            measure=UDR,
            estimator=ESTIMATORS[UDR][0],
            score=value,
            parts={"likeness": row},
            rows=len(one.mean),
            rows_used=None,
            latents=one.mean.shape[1],
            factors=None,
            active_latents=tuple(kept.nonzero().squeeze(1).tolist()),
            **dict.fromkeys(asdict(Effort())),
            factor_bins=None,
            by_value=None,
            active=float(active),
            notes=tuple(said) or None,
            origin=origin_of(one),
        )
        for one, value, row, kept, (_, said) in zip(codes, values, likeness, carrying, told, strict=True)
    ]
