# ruff: noqa: F401  (imported for type checkers; everybody else gets the names below when they are used)
"""Figures and pictures: one file a plot, one look; statistics come with the results."""

from typing import TYPE_CHECKING

from tcvae_cli.lazy import importer

if TYPE_CHECKING:
    from tcvae_cli.figures.pages.contact_sheet import shown_factors, varied
    from tcvae_cli.figures.plots.bias import bias
    from tcvae_cli.figures.plots.box import box
    from tcvae_cli.figures.plots.circles import circles
    from tcvae_cli.figures.plots.curve import curve
    from tcvae_cli.figures.plots.information import information
    from tcvae_cli.figures.plots.trade_off import trade_off
    from tcvae_cli.figures.style import GREY, draw

NAMES = {
    "pages.contact_sheet": ["shown_factors", "varied"],
    "plots.bias": ["bias"],
    "plots.box": ["box"],
    "plots.circles": ["circles"],
    "plots.curve": ["curve"],
    "plots.information": ["information"],
    "plots.trade_off": ["trade_off"],
    "style": ["GREY", "draw"],
}
__getattr__ = importer(__name__, NAMES)
