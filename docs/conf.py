"""How Sphinx makes a site of these pages: `make docs`. Each of them is also read as it stands, where the code is."""

from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

from tcvae_cli.version import __version__

project = "tcvae"
version = release = __version__
copyright = "the authors of tcvae, MIT licence"  # noqa: A001
extensions = ["myst_parser"]
myst_heading_anchors = 3  # pages link to one another's headings as hosts of code name them
html_theme = "furo"
html_title = "tcvae"
html_copy_source = False


def mend_links_out_of_the_site(app: Sphinx, document: nodes.document) -> None:
    """Lead links to README.md to the front page, and of those to other files that are no page leave the words."""
    pages, root = app.env.found_docs, Path(app.srcdir).parent
    for link in list(document.findall(pending_xref)):
        target = link["reftarget"].partition("#")[0]
        if target == str(root / "README"):
            link["reftarget"] = "index"
        elif target not in pages and any((root / name).exists() for name in (target, f"{target}.md")):
            link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    """Have Sphinx call the above."""
    app.connect("doctree-read", mend_links_out_of_the_site)
