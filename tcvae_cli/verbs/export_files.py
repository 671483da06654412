"""The files that a run is exported to: bytes of networks, and those bytes as functions of arrays again.

None is unpickled. The header of the run goes along under the name `tcvae`, as in the run itself, but without folders.
"""

import contextlib
import importlib.util
import io
import logging
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from tcvae_cli.arrays import Array
from tcvae_cli.errors import TcvaeError
from tcvae_cli.files.codes_npz import npz_arrays, write_npz
from tcvae_cli.files.provenance import Header, canonical_json
from tcvae_cli.files.runs import StoredRun
from tcvae_cli.files.tensors import KEY
from tcvae_cli.models.plain_layers import Autoencoder, plain_networks
from tcvae_cli.training.checkpoint import load_model
from tcvae_cli.verbs.described import of_header

OPSET = 18  # of ONNX: what torch's exporter writes best, and runtimes have read since 2023
PACKAGES = ("onnx", "onnxscript", "onnxruntime")  # the second is what torch's exporter needs
MEANING = {  # of what goes in and comes out
    "images": "(batch, channel, height, width): grey or red, green, blue; intensities from 0 to 1",
    "mean": "(batch, latent): mean of the posterior q(z|x)",
    "log_std": "(batch, latent): natural logarithm of the standard deviation of q(z|x)",
    "z": "(batch, latent): codes, such as a mean",
    "reconstruction": "(batch, channel, height, width): the decoder's image of the mean, from 0 to 1",
}
Function = Callable[[Array], Sequence[Array]]


@dataclass(frozen=True, eq=False)
class Part:
    """A network to export, what goes into it and what comes out."""

    network: nn.Module
    takes: str
    gives: tuple[str, ...]
    example: torch.Tensor  # of what it takes, two rows
    title: str  # for people

    def axes(self) -> tuple[dict[int, Any], ...]:
        """Return which axis has any length."""
        return ({0: torch.export.Dim("batch")},)


def check_packages() -> None:
    """Refuse to make ONNX without the packages of the extra. TcvaeError that names them."""
    if any(importlib.util.find_spec(name) is None for name in PACKAGES):
        raise TcvaeError("export", "needs onnx, onnxscript and onnxruntime for .onnx", "pip install 'tcvae[onnx]'")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep off the terminal what torch's exporters say of themselves, such as that torchvision is not installed."""
    logger = logging.getLogger("torch")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def to_onnx(run: StoredRun, part: Part) -> bytes:
    """Return a network as ONNX, its weights included, without what tells of this machine's folders."""
    import onnx

    try:
        with quiet():
            made = torch.onnx.export(
                part.network,
                (part.example,),
                dynamo=True,
                dynamic_shapes=part.axes(),
                input_names=[part.takes],
                output_names=list(part.gives),
                opset_version=OPSET,
                verbose=False,
            )
    except (AttributeError, ImportError, RuntimeError) as error:  # which parts that do not fit each other raise
        fault = f"torch {torch.__version__} and this onnxscript make no ONNX ({type(error).__name__})"
        raise TcvaeError("export", fault, "upgrade both") from None
    assert made is not None
    model = made.model_proto
    model.doc_string = part.title
    for described in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del described.metadata_props[:]
    for described in (*model.graph.value_info, *model.graph.initializer):
        del described.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        value.doc_string = MEANING[value.name]
    onnx.helper.set_model_props(model, {KEY: canonical_json(header_of(run))})
    return bytes(model.SerializeToString(deterministic=True))


def from_onnx(content: bytes, part: Part, run: StoredRun) -> Function:
    """Return what onnxruntime makes of ONNX."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda given: session.run(list(part.gives), {part.takes: given})


def to_pt2(run: StoredRun, part: Part) -> bytes:
    """Return a network as torch.export saves it, without what tells of this machine's folders, and without pickles."""
    stream = io.BytesIO()
    with quiet():
        program = torch.export.export(part.network, (part.example,), dynamic_shapes=part.axes())
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)
        program.example_inputs = None  # which would be pickled
        torch.export.save(program, stream, extra_files={KEY: canonical_json(header_of(run))})
    return stream.getvalue()


def from_pt2(content: bytes, part: Part, run: StoredRun) -> Function:
    """Return what torch makes of an exported program. TcvaeError if there is a pickle in it, as older torch writes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pickles = [one for one in archive.infolist() if one.filename.endswith(".pt") and one.file_size]
        configurations = [archive.read(name) for name in archive.namelist() if name.endswith("_config.json")]
    if pickles or any(b'"use_pickle": true' in text for text in configurations):
        raise TcvaeError("export", f"torch {torch.__version__} pickles what it exports", "upgrade torch, or take .npz")
    with quiet():
        module = torch.export.load(io.BytesIO(content)).module()
    return lambda given: [tensor.numpy() for tensor in module(torch.from_numpy(given))]


def to_npz(run: StoredRun, part: Part) -> bytes:
    """Return the weights of a run as arrays of NumPy, by the names that they have in the run."""
    stream = io.BytesIO()
    write_npz(stream, header_of(run), run.weights)
    return stream.getvalue()


def from_npz(content: bytes, part: Part, run: StoredRun) -> Function:
    """Return what networks with the weights in an npz make of arrays."""
    _, _, arrays = npz_arrays(io.BytesIO(content), run.path, run.weights)
    network = Autoencoder(*plain_networks(load_model(StoredRun(run.path, run.header, arrays), torch.device("cpu"))))
    return lambda given: [tensor.numpy() for tensor in network(torch.from_numpy(given))]


def header_of(run: StoredRun) -> Header:
    """Return the header of a run as its file has it, of the data set's path the name alone: folders tell of people."""
    data = run.header.data
    return of_header(replace(run.header, data=replace(data, path=os.path.basename(data.path))))


FILES: dict[str, tuple[Callable[[StoredRun, Part], bytes], Callable[[bytes, Part, StoredRun], Function]]] = {
    ".onnx": (to_onnx, from_onnx),
    ".pt2": (to_pt2, from_pt2),
    ".npz": (to_npz, from_npz),
}
