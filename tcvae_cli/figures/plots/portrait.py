"""What `plot latents` draws of a run: what its latents say where a factor has a value."""

from dataclasses import dataclass

from tcvae_cli.arrays import Array


@dataclass(frozen=True, eq=False)
class Lines:
    """Means (size, latent) against the classes of one FACTOR, one line per group of images; NaN: no image.

    Classes that are called by WORDS have no order: there are dots in place of a line.
    """

    factor: str
    groups: dict[str, Array]
    words: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number of places that the classes need."""
        return max(map(len, self.groups.values()))


@dataclass(frozen=True, eq=False)
class Heat:
    """Means (size, other size, latent) against two factors at once, across and down; NaN: no image."""

    factor: str
    other: str
    means: Array


Chart = Lines | Heat


@dataclass(frozen=True, eq=False)
class Portrait:
    """What is drawn of one run: a row for each latent and a column for each chart.

    `tcvae_cli.verbs.portraits` returns them.
    """

    title: str
    latents: tuple[int, ...]  # those that are drawn, in order
    charts: tuple[Chart, ...]
    kl: tuple[float, ...] = ()  # of each of these latents, in nats, if it is to be told
    unused: int = 0  # how many other latents are left out, since they are not active
