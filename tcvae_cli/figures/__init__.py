"""Figures for a paper's column: each plot draws result lines, codes or runs and returns a matplotlib Figure.

    import tcvae_cli as tcvae

    results = tcvae.read_results("figure3.jsonl")
    tcvae.figures.box(results).savefig("figure3.pdf")

There is one file per plot in `plots`, and one look, that of `style`, whatever style the reader has set.
"""

from typing import TYPE_CHECKING

from tcvae_cli.lazy import importer, public_names

if TYPE_CHECKING:
    from tcvae_cli.figures.looks import look, look_of, sheet_look
    from tcvae_cli.figures.pages.contact_sheet import contact_sheet, shown_factors, varied
    from tcvae_cli.figures.pages.document import document
    from tcvae_cli.figures.pages.walks import walk_gif, walk_png, walk_webp
    from tcvae_cli.figures.plots.bias import bias
    from tcvae_cli.figures.plots.box import box
    from tcvae_cli.figures.plots.circles import circles
    from tcvae_cli.figures.plots.curve import curve
    from tcvae_cli.figures.plots.information import information
    from tcvae_cli.figures.plots.latents import latents
    from tcvae_cli.figures.plots.log import log
    from tcvae_cli.figures.plots.samples import samples
    from tcvae_cli.figures.plots.strips import strips
    from tcvae_cli.figures.plots.trade_off import trade_off
    from tcvae_cli.figures.style import figure_bytes, name_beside

__all__ = [
    "bias",
    "box",
    "circles",
    "contact_sheet",
    "curve",
    "document",
    "figure_bytes",
    "information",
    "latents",
    "log",
    "look",
    "look_of",
    "name_beside",
    "samples",
    "sheet_look",
    "shown_factors",
    "strips",
    "trade_off",
    "varied",
    "walk_gif",
    "walk_png",
    "walk_webp",
]

NAMES = {  # imported when they are first used
    "looks": ["look", "look_of", "sheet_look"],
    "pages.contact_sheet": ["contact_sheet", "shown_factors", "varied"],
    "pages.document": ["document"],
    "pages.walks": ["walk_gif", "walk_png", "walk_webp"],
    "plots.bias": ["bias"],
    "plots.box": ["box"],
    "plots.circles": ["circles"],
    "plots.curve": ["curve"],
    "plots.information": ["information"],
    "plots.latents": ["latents"],
    "plots.log": ["log"],
    "plots.samples": ["samples"],
    "plots.strips": ["strips"],
    "plots.trade_off": ["trade_off"],
    "style": ["figure_bytes", "name_beside"],
}
__getattr__ = importer(__name__, NAMES)
__dir__ = public_names(NAMES)
