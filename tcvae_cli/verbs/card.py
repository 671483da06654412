"""The card of a run for a hub of models: Markdown that says what it is, how it was trained, what was measured."""

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from tcvae_cli import __version__
from tcvae_cli.errors import printable
from tcvae_cli.files.provenance import short_digests
from tcvae_cli.objectives import OBJECTIVES
from tcvae_cli.results.data_sets import data_set_in_words, is_part
from tcvae_cli.training.trained import Run
from tcvae_cli.verbs.decoding import run_title
from tcvae_cli.verbs.inputs import AnyPath, run_in
from tcvae_cli.verbs.report_beside import Known, known_beside
from tcvae_cli.verbs.report_run import settings_that_matter

# What Markdown takes for more than a letter; of underscores those at the edge of a word, of colons http:// and :smile:.
MARKS = re.compile(r"[\\`*\[\]{}<>|&~$#@]|(?<!\w)_|_(?!\w)|:(?=//|[\w+-]+:)|(?<=www)\.")
PAPER = """@inproceedings{chen2018isolating,
  title = {Isolating Sources of Disentanglement in Variational Autoencoders},
  author = {Chen, Ricky T. Q. and Li, Xuechen and Grosse, Roger and Duvenaud, David},
  booktitle = {Advances in Neural Information Processing Systems 31},
  year = {2018},
  url = {https://arxiv.org/abs/1802.04942}
}"""
SOFTWARE = f"""@software{{tcvae,
  title = {{tcvae: Unix-style commands for disentangled representations}},
  author = {{{{The tcvae developers}}}},
  version = {{{__version__}}}
}}"""
AUTHOR = "To be said by whoever gives this run out"
TERMS = {  # of a line of estimate-tc or the end of a training, in nats
    "elbo": "ELBO",
    "log_likelihood": "log-likelihood of an image (reconstruction)",
    "kl": "KL from the prior",  # as a run remembers it
    "analytic_kl": "KL from the prior",
    "index_code_mi": "index-code mutual information",
    "total_correlation": "total correlation",
    "dimension_wise_kl": "dimension-wise KL",
}


def model_card(run: Run | AnyPath) -> str:
    """Return the model card of a run: YAML for a hub, then Markdown; names from the file are text and nothing else.

    Its numbers are those of `mig` and `estimate-tc` over all images, if mig.json and estimate-tc.json beside the run
    are of it; else what the run remembers. Whoever gives the run out adds a licence. Errors: TcvaeError that names the
    file.
    """
    its = run_in(run, "cpu")
    known = known_beside(its)
    title, data = run_title(its), its.header.data
    images = data_set_in_words(data.name, data.provenance, data.rows)
    shape = f"{' x '.join(map(str, its.image_shape))}, {data.pixel_kind}"
    objective = OBJECTIVES[its.settings.objective].title
    parts = [
        front_matter(its, known, title, images),
        f"# {literal(title)}, trained on {literal(images)}",
        f"{article(objective)} {objective} with {its.settings.latents} latents ({its.settings.architecture} networks): "
        f"an encoder from images to a {its.settings.posterior} posterior of each latent, and a decoder back. It was "
        "trained by `tcvae`, without labels.",
        f"* **Data**: {literal(images)} ({literal(shape)}).\n"
        f"* **Where they are from**: {literal(short_digests(data.provenance)) or 'not known'}.\n"
        f"* **Digest of the data set**: {literal(data.digest)}.",
        f"## Training\n\n```sh\n{command(its)}\n```",
        f"{steps(its)} The command gives every setting that has an effect with this objective, also where it is the "
        f"default. It was run with tcvae {literal(its.header.version) or '(version not known)'}.",
        f"## What was measured\n\n{measured(its, known)}",
        f"## Intended use\n\n*{AUTHOR}.*",
        usage(its),
        f"## Limits\n\n{limits(its)}",
        f"## To cite\n\nThe method, MIG and the decomposition:\n\n```bibtex\n{PAPER}\n```\n\n"
        f"What was computed with this software:\n\n```bibtex\n{SOFTWARE}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def usage(run: Run) -> str:
    """Return how to use a run, in commands and in Python."""
    name = own_name(run)
    typed, size = told(name), ", ".join(map(str, (4, *run.image_shape)))
    return f"""## Use

```sh
pip install 'tcvae[onnx]'
tcvae traverse {typed} -o traverse.png
tcvae report {typed} -o page.html
tcvae export {typed} -o model.onnx
```

```python
import numpy as np
import tcvae_cli as tcvae

run = tcvae.load({quoted(name)})
images = np.zeros(({size}))  # put yours here: intensities from 0 to 1
posterior = run.posterior(images)
reconstruction = run.decode(posterior.mean)
```"""


def own_name(run: Run) -> str:
    """Return the name of a run's file without its folder: run.safetensors of one that has no file."""
    path = run.stored.path
    name = "run.safetensors" if path in ("-", "") else os.path.basename(path)
    return f"./{name}" if name.startswith("-") else name  # else it would be taken for a flag


def front_matter(run: Run, known: Known, title: str, images: str) -> str:
    """Return what a hub reads: names as JSON writes them, which is YAML too.

    A part of a data set has another type than the whole, as a hub ranks numbers of the same type together.
    """
    data = run.header.data
    kind = data.name + "-part" * is_part(data.provenance)
    tags = ["disentanglement", "representation-learning", "variational-autoencoder", run.settings.objective]
    lines = ["library_name: tcvae", "tags:", *(f"- {quoted(tag)}" for tag in tags)]
    if known.gap is not None:
        lines += [
            "model-index:",
            f"- name: {quoted(title)}",
            "  results:",
            "  - task:\n      type: representation-learning",
            f"    dataset:\n      type: {quoted(kind)}\n      name: {quoted(images)}",
            "    metrics:\n    - type: mig\n      name: MIG, exact over all images",
            f"      value: {known.gap['mig']:.4f}",
        ]
    return "\n".join(["---", f"# license: {AUTHOR.lower()}", *lines, "---"])


def command(run: Run) -> str:
    """Return the command that trains such a run, without the folders of whoever did."""
    given = {"data": os.path.basename(run.header.data.path)} | settings_that_matter(run)
    flags = " ".join(f"--{name.replace('_', '-')} {told(value)}" for name, value in given.items())
    return f"tcvae train {flags} -o {told(own_name(run))}"


def steps(run: Run) -> str:
    """Say how far the training came, and what no flag says of it."""
    done, asked, shuffled = run.header.step, run.settings.steps, run.settings.shuffle_rows
    said = [
        f"It took {done:,} steps." if done >= asked else f"It is not finished: {done:,} of {asked:,} steps are done."
    ]
    if shuffled is not None:
        said.append(f"Its images stayed on disk, {shuffled:,} of them shuffled at a time.")
    if run.header.processes > 1:
        said.append(f"Each batch was shared by {run.header.processes:,} processes, under torchrun.")
    return " ".join(said)


def measured(run: Run, known: Known) -> str:
    """Return the numbers that are known of a run, as a table, and of which images each is."""
    final = run.header.final or {}
    terms: Mapping[str, Any] = known.terms or final
    rows = list(gap_rows(known)) + [
        (f"{title} (nats)", f"{terms[name]:.2f}")
        for name, title in TERMS.items()
        if isinstance(terms.get(name), int | float)
    ]
    if not rows:
        verb = "mig" if run.header.data.factor_names else "estimate-tc"
        return (
            f"Nothing yet. This measures it, and a card that is made again has the numbers:\n\n```sh\n"
            f"tcvae encode {told(own_name(run))} | tcvae {verb} > {verb}.json\n```"
        )
    basis = ["MIG and the gaps are exact, over all images of the data set."] if known.gap is not None else []
    which = "The other" if basis else "These"
    if known.terms is not None:
        basis.append(f"{which} numbers are over all images of the data set, as `tcvae estimate-tc` measures them.")
    elif final:
        over = f", over {final['images']:,} images of the data set" if final.get("images") else ""
        other = " (total correlation over all)" if final.get("total_correlation") is not None else ""
        basis.append(f"{which} numbers are those at the end of the training{over}{other}.")
    table = ["| quantity | value |", "|---|---:|", *(f"| {name} | {value} |" for name, value in rows)]
    return " ".join(basis) + "\n\n" + "\n".join(table)


def gap_rows(known: Known) -> Iterator[tuple[str, str]]:
    """Yield MIG and the gap of each factor."""
    if known.gap is not None:
        yield "MIG (exact)", f"{known.gap['mig']:.4f}"
        for factor, gap in zip(known.gap["factors"], known.gap["gap_per_factor"], strict=True):
            yield f"gap of {literal(factor)}", f"{gap:.4f}"


def limits(run: Run) -> str:
    """Say what a run cannot do."""
    side = " x ".join(map(str, run.image_shape[:2]))
    return (
        f"* It takes images of {side}, and was trained on those of its data set alone: what it makes of other images "
        "was not measured.\n"
        "* Latents have no names, and their order and signs are arbitrary. Another seed gives others, often with "
        "another MIG: one run says little of a method.\n"
        "* The decoder gives the mean of each pixel, which is blurred where the latents do not tell."
    )


def literal(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is."""
    return MARKS.sub(lambda mark: f"\\{mark[0]}", printable(" ".join(text.split())))


def quoted(text: str) -> str:
    """Return a text as YAML: between double quotes, on one line."""
    return json.dumps(printable(text), ensure_ascii=False)


def told(value: object) -> str:
    """Write a setting as it is typed."""
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else shlex.quote(printable(str(value)))


def article(name: str) -> str:
    """Return the article before the name of an objective."""
    return "An" if name[0] in "AI" else "A"
