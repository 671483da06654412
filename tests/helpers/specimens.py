"""One small honest file of every format that is read, how to damage it, and the commands that read it."""

import gzip
import io
import json
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import h5py
import numpy as np
import safetensors.numpy
from PIL import Image

from helpers import mutators as m
from helpers.command import call
from helpers.tiny import write_third_party_codes
from tcvae_cli.datasets.sources import SOURCES
from tcvae_cli.files.descriptions import Description
from tcvae_cli.files.writer import Source, write_data_set

SIDE = 8


@dataclass(frozen=True)
class Format:
    """FILE is what is damaged; COMMANDS are tried on it in turn, in the folder that holds it."""

    file: str
    mutators: Sequence[m.Mutator]
    commands: Sequence[str]


# Apart, as a process is large once it has torch, and starting a child from it for each HDF5 file slow.
READERS = (
    "show {}",
    "subset {} --sample 5 -o out.h5",
    "show {} --contact-sheet sheet.png",
    "subset {} --where size=1 -o out.h5",
)
USERS = (
    "mig codes24.safetensors --factors {} --factor size",
    "encode run.safetensors --data {} -o out.safetensors",
    "train --data {} --architecture mlp --steps 1 --precision float32 -o out.safetensors",
)
ARRAYS = ("prepare arrays --source {} -o out.h5",)
FOLDER = (
    "prepare folder --source {} --size 8 -o out.h5",
    "prepare folder --source {} --size 8 --strict --grey --resize pad -o out.h5",
)


def pictures(folder: str) -> tuple[str, ...]:
    """Return the commands that read a folder of pictures."""
    return tuple(command.format(folder) for command in FOLDER)


FORMATS = {
    "data_set": Format("data.h5", m.BYTES, READERS),
    "data_set_in_use": Format("data.h5", m.BYTES, USERS),
    "data_set_by_h5py": Format("data.h5", (), READERS),
    "data_set_in_use_by_h5py": Format("data.h5", (), USERS),
    "dsprites_h5": Format(
        "dsprites.h5",
        m.BYTES,
        (
            "prepare dsprites --source {} -o out.h5",
            "show {}",
            "prepare arrays --source {} -o out.h5",
            "subset {} --sample 2 -o out.h5",
        ),
    ),
    "shapes3d_h5": Format(
        "shapes3d.h5",
        m.BYTES,
        (
            "prepare shapes3d --source {} -o out.h5",
            "show {}",
            "prepare arrays --source {} -o out.h5",
            "subset {} --sample 2 -o out.h5",
        ),
    ),
    "dsprites_npz": Format(
        "dsprites.npz",
        (*m.BYTES, m.in_zip(m.npy_header), m.in_zip(m.flip), m.zip_names),
        ("prepare dsprites --source {} -o out.h5",),
    ),
    "npz": Format(
        "arrays.npz",
        (
            *m.BYTES,
            m.in_zip(m.npy_header),
            m.in_zip(m.npy_header),
            m.in_zip(m.floats),
            m.in_zip(m.trailing),
            m.zip_names,
        ),
        (*ARRAYS, "prepare mpi3d --source {} -o out.h5"),
    ),
    "npy": Format("arrays.npy", (*m.BYTES, m.npy_header, m.npy_header, m.npy_header), ARRAYS),
    "safetensors_arrays": Format(
        "arrays.safetensors", (*m.BYTES, m.safetensors_header, m.safetensors_header, m.floats), ARRAYS
    ),
    "pth": Format(
        "faces.pth",
        (*m.BYTES, m.in_zip(m.flip), m.in_zip(m.moved), m.in_zip(m.number), m.zip_names),
        ("prepare faces --source {} -o out.h5",),
    ),
    "pth_legacy": Format("legacy.pth", m.BYTES, ("prepare faces --source {} -o out.h5",)),
    "matlab": Format(
        "cars.tar.gz",
        (
            m.flip,
            m.cut,
            *(m.in_gzip(m.in_tar(one, ".mat")) for one in m.BYTES),
            m.in_gzip(m.tar_members),
            m.in_gzip(m.flip),
        ),
        ("prepare cars3d --source {} --size 8 -o out.h5",),
    ),
    "norb": Format(
        f"norb/{SOURCES['smallnorb'].published[0].name}",
        (m.flip, m.cut, m.trailing, *(m.in_gzip(one) for one in m.BYTES)),
        ("prepare smallnorb --source norb --size 8 -o out.h5",),
    ),
    "norb_labels": Format(
        f"norb/{SOURCES['smallnorb'].published[2].name}",
        (m.flip, *(m.in_gzip(one) for one in m.BYTES)),
        ("prepare smallnorb --source norb --size 8 -o out.h5",),
    ),
    "tar": Format(
        "chairs.tar",
        (*m.BYTES, m.tar_members, m.tar_members, m.tar_field, m.tar_field),
        ("prepare chairs --source {} --size 8 -o out.h5", *FOLDER),
    ),
    "zip": Format(
        "celeba.zip",
        (*m.BYTES, m.zip_names, m.zip_names, m.in_zip(m.flip)),
        ("prepare celeba --source {} --size 8 -o out.h5", *FOLDER),
    ),
    "virtual": Format("virtual.h5", (*m.BYTES, m.text, m.text), ("prepare arrays --source {} --images x -o out.h5",)),
    "png": Format("png/a.png", (*m.BYTES, m.png_chunk, m.png_chunk, m.png_chunk, m.png_chunk), pictures("png")),
    "jpeg": Format("jpeg/a.jpg", m.BYTES, pictures("jpeg")),
    "tiff": Format("tiff/a.tif", m.BYTES, pictures("tiff")),
    "webp": Format("webp/a.webp", m.BYTES, pictures("webp")),
    "gif": Format("gif/a.gif", m.BYTES, pictures("gif")),
    "bmp": Format("bmp/a.bmp", m.BYTES, pictures("bmp")),
    "ppm": Format("ppm/a.ppm", m.BYTES, pictures("ppm")),
    "tga": Format("tga/a.tga", m.BYTES, pictures("tga")),
    "jpeg2000": Format("jpeg2000/a.jp2", m.BYTES, pictures("jpeg2000")),
    "avif": Format("avif/a.avif", m.BYTES, pictures("avif")),
    "run": Format(
        "run.safetensors",
        (m.flip_early, m.number_early, m.cut, m.trailing, *[m.safetensors_header] * 5, m.floats),
        (
            "show {}",
            "encode {} --data data.h5 -o out.safetensors",
            "traverse {} -o out.png --frames 2 --latent 0",
            "train --resume {} -o out.safetensors",
        ),
    ),
    "checkpoint": Format(
        "checkpoint.safetensors",
        (m.flip_early, m.number_early, m.cut, *[m.safetensors_header] * 5, m.floats),
        ("train --resume {} --data data.h5 -o out.safetensors", "show {}"),
    ),
    "codes": Format(
        "codes24.safetensors",
        (*m.BYTES, *[m.safetensors_header] * 6, m.floats, m.floats),
        (
            "mig {}",
            "show {}",
            "estimate-tc {} --samples 20",
            "score {} --measure sap",
            "mig {} --method histogram --format table",
            "mig {} --method monte-carlo --samples 20 --format tsv",
        ),
    ),
    "third_party_codes": Format(
        "others.safetensors",
        (*m.BYTES, *[m.safetensors_header] * 6, m.floats, m.floats),
        (
            "mig {}",
            "estimate-tc {} --samples 20 --estimator mws --batch-size 8",
            "score {} --measure modularity,irs",
            "estimate-tc {} --samples 20 --format table",
        ),
    ),
    "results": Format(
        "results.jsonl",
        (*m.BYTES, *[m.lines(m.json_edit)] * 8),
        (
            "compare {}",
            "compare {} --format table",
            "plot box {} -o out.svg",
            "plot information {} -o out.svg",
            "compare {} --value rmig",
        ),
    ),
    "csv": Format(
        "labels.csv",
        (*m.BYTES, m.lines(m.text), m.lines(m.text), m.text),
        ("prepare folder --source pictures --size 8 --labels {} -o out.h5",),
    ),
    "attributes": Format(
        "attributes.txt",
        (*m.BYTES, m.lines(m.text), m.text),
        ("prepare celeba --source celeba.zip --size 8 --labels {} -o out.h5",),
    ),
}


def make(folder: Path) -> None:
    """Make all specimens, in FOLDER."""
    random = np.random.default_rng(0)
    here = Path.cwd()
    os.chdir(folder)
    try:
        make_arrays(random)
        make_published(random)
        make_pictures(random)
        make_ours(random)
    finally:
        os.chdir(here)


def make_arrays(random: np.random.Generator) -> None:
    """Make arrays in three formats, and the tensors of faces, far too few."""
    import torch  # here, so that the arena is without it where the commands are

    images = random.integers(0, 256, (12, SIDE, SIDE), dtype=np.uint8)
    labels = np.indices((3, 4)).reshape(2, -1).T.copy()
    np.savez_compressed("arrays.npz", images=images, labels=labels, factor_names=np.array(["a", "b"]))
    np.save("arrays.npy", (images / 255).astype(np.float32))
    safetensors.numpy.save_file({"images": images, "labels": labels}, "arrays.safetensors")
    layout = h5py.VirtualLayout(images.shape, np.uint8)
    layout[:] = h5py.VirtualSource("source.h5", "x", images.shape)
    with h5py.File("source.h5", "w") as file:
        file.create_dataset("x", data=images, chunks=(5, SIDE, SIDE), compression="gzip")
    with h5py.File("virtual.h5", "w", userblock_size=512) as file:
        file.create_virtual_dataset("x", layout)
        file["labels"], file["link"] = h5py.SoftLink("table"), h5py.ExternalLink("source.h5", "x")
        file["table"] = labels
    faces = torch.from_numpy(images.reshape(1, 1, 3, 4, SIDE, SIDE))
    torch.save(faces, "faces.pth")
    torch.save(faces, "legacy.pth", _use_new_zipfile_serialization=False)


def make_published(random: np.random.Generator) -> None:
    """Make the published files of each data set, with few rows."""
    images = random.integers(0, 2, (6, 64, 64), dtype=np.uint8)
    classes = np.array([[0, k % 3, k, k, k, k] for k in range(6)])
    arrays = {"imgs": images, "latents_classes": classes, "latents_values": classes.astype(float)}
    np.savez_compressed("dsprites.npz", **arrays)
    with h5py.File("dsprites.h5", "w") as file:
        file.create_dataset("imgs", data=images, chunks=(2, 64, 64), compression="gzip")
        file["latents/classes"], file["latents/values"] = classes, classes.astype(float)
    with h5py.File("shapes3d.h5", "w") as file:
        file["images"], file["labels"] = (
            random.integers(0, 256, (6, SIDE, SIDE, 3), dtype=np.uint8),
            classes.astype(float),
        )
    car = np.zeros((4, 24, 3, 128, 128), np.uint8)
    with tarfile.open("cars.tar.gz", "w:gz", compresslevel=1) as tar:
        for name, content in (
            ("data/cars/list.txt", b"car_001_mesh.mat\n"),
            ("data/cars/car_001_mesh.mat", matlab(car)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    Path("norb").mkdir()
    info = np.column_stack([np.arange(6), np.arange(6), 2 * np.arange(6), np.arange(6)]).astype("<i4")
    parts = {
        "dat": (0x1E3D4C55, random.integers(0, 256, (6, 2, SIDE, SIDE), dtype=np.uint8)),
        "cat": (0x1E3D4C54, np.arange(6, dtype="<i4") % 5),
        "info": (0x1E3D4C54, info),
    }
    for published in SOURCES["smallnorb"].published:
        magic, array = parts[published.name.split("-")[-1].split(".")[0]]
        head = struct.pack(f"<ii{max(3, array.ndim)}i", magic, array.ndim, *array.shape, *[1] * (3 - array.ndim))
        Path("norb", published.name).write_bytes(gzip.compress(head + array.tobytes(), 1, mtime=0))


def matlab(image: np.ndarray) -> bytes:
    """Return a MATLAB 5 file that holds `im`, compressed; its axes are those of IMAGE reversed."""

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    shape = struct.pack(f"<{image.ndim}i", *image.shape[::-1])
    parts = element(6, struct.pack("<II", 9, 0)) + element(5, shape) + element(1, b"im") + element(2, image.tobytes())
    packed = zlib.compress(element(14, parts), 1)
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + struct.pack("<II", 15, len(packed)) + packed


def make_pictures(random: np.random.Generator) -> None:
    """Make a picture of each format, archives of pictures, and tables of labels for them."""
    image = Image.fromarray(random.integers(0, 256, (20, 16, 3), dtype=np.uint8))
    for folder, name, kind in (
        ("png", "a.png", "PNG"),
        ("jpeg", "a.jpg", "JPEG"),
        ("tiff", "a.tif", "TIFF"),
        ("webp", "a.webp", "WEBP"),
        ("gif", "a.gif", "GIF"),
        ("bmp", "a.bmp", "BMP"),
        ("ppm", "a.ppm", "PPM"),
        ("tga", "a.tga", "TGA"),
        ("jpeg2000", "a.jp2", "JPEG2000"),
        ("avif", "a.avif", "AVIF"),
    ):
        Path(folder).mkdir()
        more = (
            {"compression": "tiff_lzw"}
            if kind == "TIFF"
            else {"save_all": True, "append_images": [image.rotate(90)] * 2}
            if kind == "GIF"
            else {}
        )
        image.save(f"{folder}/{name}", kind, **more)
    png, jpeg = Path("png/a.png").read_bytes(), Path("jpeg/a.jpg").read_bytes()
    with tarfile.open("chairs.tar", "w") as tar:
        for k, chair in enumerate("abc"):
            info = tarfile.TarInfo(f"rendered_chairs/{chair}/renders/image_{k:03d}_p020_t{k * 10:03d}_r096.png")
            info.size = len(png)
            tar.addfile(info, io.BytesIO(png))
    Path("pictures").mkdir()
    with zipfile.ZipFile("celeba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(4):
            archive.writestr(f"img_align_celeba/{k:06d}.jpg", jpeg)
            Path("pictures", f"{k:06d}.jpg").write_bytes(jpeg)
    Path("labels.csv").write_text(
        "file,side,size\n" + "".join(f"{k:06d}.jpg,{'left' if k % 2 else 'right'},{k}\n" for k in range(4))
    )
    Path("attributes.txt").write_text(
        "4\nBald Smiling\n" + "".join(f"{k:06d}.jpg {k % 2 * 2 - 1} 1\n" for k in range(4))
    )


def make_ours(random: np.random.Generator) -> None:
    """Make a data set, a run and a checkpoint of it, its codes, a third party's, and results."""
    images = random.integers(0, 256, (24, 4, 4), dtype=np.uint8)
    classes = np.indices((4, 6)).reshape(2, -1).T.copy()
    described = Description("small", 24, (4, 4), "grey", ("shape", "size"), (4, 6), ("shape", "size"), "made up")
    names = {"shape": ("a", "b", "c", "d")}
    probability = np.full(24, 1 / 24)
    write_data_set(
        Path("data.h5"), Source(described, iter([images]), classes, classes.astype(float), names, probability)
    )
    flags = "train --data data.h5 --precision float32 --latents 3 --batch-size 24 --steps 3 --seed 0 -o run.safetensors"
    for command in (
        f"{flags} --checkpoint checkpoint.safetensors --checkpoint-every 2",
        "encode run.safetensors -o codes24.safetensors",
    ):
        status, _, errors = call(*command.split())
        assert status == 0, errors
    write_third_party_codes(Path("others.safetensors"))
    record = json.loads(call("mig", "codes24.safetensors")[1])
    with open("results.jsonl", "w") as results:
        for seed in range(3):
            record["settings"] |= {"seed": seed, "beta": 6.0}
            record["mig"] = 0.1 * seed
            print(json.dumps(record), file=results)


def damaged(name: str, content: bytes, seed: int) -> bytes:
    """Return CONTENT of the specimen NAME, damaged in the way of this SEED."""
    random = Random(f"{name} {seed}")
    if name.endswith("_by_h5py"):
        return by_h5py(random, content)
    chosen = random.choice(FORMATS[name].mutators)
    try:
        changed = chosen(random, content)
        return random.choice(FORMATS[name].mutators)(random, changed) if random.random() < 0.2 else changed
    except Exception:  # a second change of what the first has made unreadable
        return random.choice(m.BYTES)(random, content)


def by_h5py(random: Random, content: bytes) -> bytes:
    """Return a sound HDF5 file of another layout, type or size than a data set's."""
    memory = io.BytesIO(content)
    with h5py.File(memory, "r+") as file:
        for _ in range(random.choice((1, 1, 2))):
            key, name = (
                random.choice(list(file.attrs) or ["kind"]),
                random.choice(("imgs", "latents/classes", "latents/values", "probability", "latents/class_names/0")),
            )
            how = random.randrange(8)
            try:
                if how == 0:
                    file.attrs[key] = random.choice(
                        (
                            b"x",
                            "",
                            0,
                            -1,
                            10**15,
                            [],
                            ["a"] * 3,
                            np.nan,
                            np.inf,
                            [["shape"]],
                            np.zeros((2, 2)),
                            b"\xff\xfe",
                            ["shape", "shape"],
                            [0, 0],
                            [1 << 40, 6],
                        )
                    )
                elif how == 1:
                    del file.attrs[key]
                elif how == 2:
                    del file[name]
                elif how == 3:  # another type
                    values = file[name][()]
                    del file[name]
                    file[name] = random.choice(
                        (
                            values.astype(random.choice(("f4", "i1", "u8", "f8", "S3"))),
                            values[:-1],
                            values[..., None],
                            [],
                            "text",
                            7,
                            np.array(["a"] * 24, object),
                        )
                    )
                elif how == 4:  # claims a size that it does not have
                    shape = random.choice(
                        (
                            (10**12, 4, 4),
                            (24, 10**6, 10**6),
                            (24, 4, 4),
                            (2**31, 2),
                            (24, 2**40),
                            (1 << 33,),
                            (24, 30_000, 30_000),
                        )
                    )
                    kind = random.choice((np.uint8, np.int64, np.float64))
                    del file[name]
                    file.create_dataset(
                        name, shape, kind, chunks=random.choice((None, True, tuple(min(n, 1000) for n in shape)))
                    )
                elif how == 5:
                    data = file[name][...]
                    data.flat[random.randrange(data.size)] = random.choice((-2, 1 << 40, np.nan, np.inf, -1e300, 99))
                    file[name][...] = data
                elif how == 6:
                    del file[name]
                    file[name] = random.choice(
                        (
                            h5py.ExternalLink("dsprites.h5", "imgs"),
                            h5py.SoftLink("/imgs"),
                            h5py.SoftLink(f"/{name}"),
                            h5py.ExternalLink("/etc/passwd", "/"),
                        )
                    )
                else:
                    del file[name]
                    file.create_dataset(name, (24, 4, 4), np.uint8, external=[("/etc/passwd", 0, 384)])
            except (KeyError, ValueError, TypeError, OSError, OverflowError, MemoryError, RuntimeError):
                pass
    return memory.getvalue()
