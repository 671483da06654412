"""The data sets that can be made: of each the module that makes it, the published files, and where they are from.

A new data set is a module with `Options`, a frozen dataclass of what can be asked for, and
`open_source(files: SourceFiles, options: Options) -> AbstractContextManager[Source]`, and an entry here.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tcvae_cli.datasets.published import Published

Chooser = Callable[[tuple[Published, ...], Mapping[str, Any]], tuple[Published, ...]]


def norb(subset: str, part: str, digest: str) -> Published:
    """Return one of the six files of SmallNORB."""
    name = f"smallnorb-{subset}-{part}.mat.gz"
    return Published(name, f"md5:{digest}", f"https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/{name}")


def mpi3d(variant: str, digest: str | None) -> Published:
    """Return the file of one of the variants of MPI3D."""
    name = f"mpi3d_{variant}.npz"
    address = f"https://storage.googleapis.com/disentanglement_dataset/Final_Dataset/{name}"
    return Published(name, digest and f"md5:{digest}", address)


DSPRITES = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
DSPRITES_ADDRESS = f"https://github.com/deepmind/dsprites-dataset/raw/master/{DSPRITES}"
TRAINING, TESTING = "5x46789x9x18x6x2x96x96-training", "5x01235x9x18x6x2x96x96-testing"


def first_file(published: tuple[Published, ...], options: Mapping[str, Any]) -> tuple[Published, ...]:
    """Return the first of the published files, which is enough for most data sets."""
    return published[:1]


def all_files(published: tuple[Published, ...], options: Mapping[str, Any]) -> tuple[Published, ...]:
    """Return all of the published files."""
    return published


def variant_asked_for(published: tuple[Published, ...], options: Mapping[str, Any]) -> tuple[Published, ...]:
    """Return the file of the variant of MPI3D that is asked for, by default the first."""
    return tuple(file for file in published if file.name == f"mpi3d_{options.get('variant', 'toy')}.npz")


@dataclass(frozen=True)
class Entry:
    """How a data set is made."""

    module: str  # below tcvae_cli.datasets
    published: tuple[Published, ...] = ()
    renders: bool = False  # where no file is given
    no_address: str = ""  # what to do instead of a download that nobody offers
    choose: Chooser = first_file  # which of the published files to download
    rendered_only: tuple[str, ...] = ()  # options without a use where a file is given
    download_only: tuple[str, ...] = ()  # options without a use where nothing is downloaded
    label: str = ""  # of the progress, by default "converting NAME" or "rendering NAME"

    def load(self) -> ModuleType:
        """Import the module that makes the data set."""
        return importlib.import_module(f"tcvae_cli.datasets.{self.module}")


SOURCES: dict[str, Entry] = {
    "dsprites": Entry(
        published=(
            Published(
                f"{DSPRITES}.hdf5",
                "sha256:729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb",
                f"{DSPRITES_ADDRESS}.hdf5",
                28_024_106,
            ),
            Published(f"{DSPRITES}.npz", "sha1:3e0a46a9238e425f46a6ef9e9bdfd7cedb35d50f", f"{DSPRITES_ADDRESS}.npz"),
        ),
        module="dsprites.source",
        renders=True,
    ),
    "faces": Entry(
        published=(Published("basel_face_renders.pth", None, None),),
        module="faces.source",
        renders=True,
        rendered_only=("identities", "azimuths", "elevations", "lightings", "seed", "colour"),
        no_address=(
            "ask the paper's authors for basel_face_renders.pth (Basel's licence), or leave it out for the stand-in"
        ),
    ),
    "chairs": Entry(
        published=(
            Published(
                "rendered_chairs.tar",
                None,
                "https://www.di.ens.fr/willow/research/seeing3Dchairs/data/rendered_chairs.tar",
            ),
        ),
        module="chairs",
    ),
    "celeba": Entry(
        published=(
            Published(
                "img_align_celeba.zip",
                "sha256:46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74",
                None,
                1_443_490_838,
            ),
        ),
        module="celeba",
        no_address=(
            "get img_align_celeba.zip by https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html and give it with {source}"
        ),
    ),
    "shapes3d": Entry(
        published=(
            Published(
                "3dshapes.h5",
                "sha256:0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785",
                "https://storage.googleapis.com/3d-shapes/3dshapes.h5",
                267_573_662,
            ),
        ),
        module="shapes3d",
    ),
    "cars3d": Entry(
        published=(
            Published(
                "nips2015-analogy-data.tar.gz",
                "md5:4e866a7919c1beedf53964e6f7a23686",
                "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
            ),
        ),
        module="cars3d",
    ),
    "smallnorb": Entry(
        published=(
            norb(TRAINING, "dat", "66054832f9accfe74a0f4c36a75bc0a2"),
            norb(TRAINING, "cat", "23c8b86101fbf0904a000b43d3ed2fd9"),
            norb(TRAINING, "info", "51dee1210a742582ff607dfd94e332e3"),
            norb(TESTING, "dat", "e4ad715691ed5a3a5f138751a4ceb071"),
            norb(TESTING, "cat", "5aa791cd7e6016cf957ce9bdb93b8603"),
            norb(TESTING, "info", "a9454f3864d7fd4bb3ea7fc3eb84924e"),
        ),
        module="smallnorb",
        choose=all_files,
    ),
    "mpi3d": Entry(
        published=(
            mpi3d("toy", "55889cb7c7dfc655d6e0277beee88868"),
            mpi3d("realistic", "59a6225b88b635365f70c91b3e52f70f"),
            mpi3d("real", "0f33f609918fb5c97996692f91129802"),
        ),
        module="mpi3d",
        choose=variant_asked_for,
        download_only=("variant",),
    ),
    "folder": Entry(module="own.folder", label="reading pictures"),
    "arrays": Entry(module="own.arrays", label="reading arrays"),
}
