"""Fail if a figure lacks some of its results, as its page says: python recipes/complete.py out/PROFILE/figures/NAME"""

import sys
from pathlib import Path

from page import read_page
from pages import errors_in_one_line

import tcvae_cli as tcvae

if __name__ == "__main__":
    with errors_in_one_line():
        page, _ = read_page(Path(f"{sys.argv[1]}.claims.jsonl"))
    if page.missing:
        sys.exit(
            tcvae.printable(f"{sys.argv[1]}: {page.shortfall()}: {page.whichever()}; the first is {page.first_missing}")
        )
