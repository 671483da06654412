"""The published files: their names, addresses and digests, and what a converted data set says of where it is from."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

PIECE = 1 << 20  # bytes


@dataclass(frozen=True)
class Published:
    """A file as its authors publish it."""

    name: str
    digest: str | None  # ALGORITHM:HEX, where one is public
    address: str | None  # None: there is no address that lasts
    size: int | None = None  # bytes


def norb(subset: str, part: str, digest: str) -> Published:
    """One of SmallNORB's six files."""
    name = f"smallnorb-{subset}-{part}.mat.gz"
    return Published(name, f"md5:{digest}", f"https://cs.nyu.edu/~ylclab/data/norb-v1.0-small/{name}")


def mpi3d(variant: str, digest: str | None) -> Published:
    """One of the variants of MPI3D."""
    name = f"mpi3d_{variant}.npz"
    address = f"https://storage.googleapis.com/disentanglement_dataset/Final_Dataset/{name}"
    return Published(name, digest and f"md5:{digest}", address)


DSPRITES = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
DSPRITES_ADDRESS = f"https://github.com/deepmind/dsprites-dataset/raw/master/{DSPRITES}"
TRAINING, TESTING = "5x46789x9x18x6x2x96x96-training", "5x01235x9x18x6x2x96x96-testing"
FILES: dict[str, tuple[Published, ...]] = {  # the first is the one to download, of SmallNORB all
    "dsprites": (
        Published(
            f"{DSPRITES}.hdf5",
            "sha256:729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb",
            f"{DSPRITES_ADDRESS}.hdf5",
            28_024_106,
        ),
        Published(f"{DSPRITES}.npz", "sha1:3e0a46a9238e425f46a6ef9e9bdfd7cedb35d50f", f"{DSPRITES_ADDRESS}.npz"),
    ),
    "faces": (Published("basel_face_renders.pth", None, None),),
    "chairs": (
        Published(
            "rendered_chairs.tar",
            None,
            "https://www.di.ens.fr/willow/research/seeing3Dchairs/data/rendered_chairs.tar",
        ),
    ),
    "celeba": (
        Published(
            "img_align_celeba.zip",
            "sha256:46fb89443c578308acf364d7d379fe1b9efb793042c0af734b6112e4fd3a8c74",
            None,
            1_443_490_838,
        ),
    ),
    "shapes3d": (
        Published(
            "3dshapes.h5",
            "sha256:0a0f6ed98baff276a50f3a081a7434d788da63cb135a98189b2a5b5769be1785",
            "https://storage.googleapis.com/3d-shapes/3dshapes.h5",
            267_573_662,
        ),
    ),
    "cars3d": (
        Published(
            "nips2015-analogy-data.tar.gz",
            "md5:4e866a7919c1beedf53964e6f7a23686",
            "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
        ),
    ),
    "smallnorb": (
        norb(TRAINING, "dat", "66054832f9accfe74a0f4c36a75bc0a2"),
        norb(TRAINING, "cat", "23c8b86101fbf0904a000b43d3ed2fd9"),
        norb(TRAINING, "info", "51dee1210a742582ff607dfd94e332e3"),
        norb(TESTING, "dat", "e4ad715691ed5a3a5f138751a4ceb071"),
        norb(TESTING, "cat", "5aa791cd7e6016cf957ce9bdb93b8603"),
        norb(TESTING, "info", "a9454f3864d7fd4bb3ea7fc3eb84924e"),
    ),
    "mpi3d": (
        mpi3d("toy", "55889cb7c7dfc655d6e0277beee88868"),
        mpi3d("realistic", "59a6225b88b635365f70c91b3e52f70f"),
        mpi3d("real", "0f33f609918fb5c97996692f91129802"),
    ),
}

NO_ADDRESS = {  # what to do instead of --download
    "celeba": "get img_align_celeba.zip by https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html and give it with --source",
    "faces": "ask the paper's authors for basel_face_renders.pth (Basel's licence), or leave it out for the stand-in",
}


def provenance_of(stream: BinaryIO, data_set: str) -> str:
    """Where a source comes from: one of the published files, by its digest, or another. STREAM ends at its start."""
    candidates = FILES[data_set]
    algorithms = {"sha256", *(file.digest.partition(":")[0] for file in candidates if file.digest)}
    digests = {algorithm: hashlib.new(algorithm, usedforsecurity=False) for algorithm in algorithms}
    stream.seek(0)
    while piece := stream.read(PIECE):
        for digest in digests.values():
            digest.update(piece)
    stream.seek(0)
    for file in candidates:
        if file.digest and file.digest == (name := file.digest.partition(":")[0]) + f":{digests[name].hexdigest()}":
            return f"converted from the published {file.name} ({file.digest})"
    known = any(file.digest for file in candidates)
    return f"converted from a file of sha256:{digests['sha256'].hexdigest()}" + ", not the published file" * known


def origin_of(stream: BinaryIO | None, data_set: str) -> str:
    """`provenance_of` an archive, or of what was unpacked from it. A pipe can be read once: it is open already."""
    return "converted from a folder" if stream is None else provenance_of(stream, data_set)
