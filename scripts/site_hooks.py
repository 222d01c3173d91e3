"""What the documentation site needs beyond its theme (a hook of mkdocs, named in ``mkdocs.yml``).

The pages are written for a reader of the repository: their links lead to files beside ``docs/``, and formulas are TeX
between dollar signs. Here links are turned to places in the site, the files they lead to are put into it, and
formulas are drawn once, as SVG, so that no script has to be loaded to show them.
"""

from __future__ import annotations

import html
import posixpath
import re
from functools import cache
from pathlib import Path

from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath, text_to_path
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES_BESIDE_DOCS = ("CONTRIBUTING.md", "CHANGELOG.md")
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)]*)?\))")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)
_EM = 100.0  # units of a drawing in one em of the text around it
_AS_DRAWN = {r"\tfrac": r"\frac", r"\text{": r"\mathrm{", "^*": r"^\mathrm{*}"}  # what matplotlib reads


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages beside ``docs/``, and every other file of the repository that a page links to."""
    root = Path(config.config_file_path).parent
    for name in PAGES_BESIDE_DOCS:
        files.append(File.generated(config, name, abs_src_path=str(root / name)))
    for page in files.documentation_pages():
        for target in _LINK.findall(page.content_string):
            place = site_place(page.src_uri, target[1])
            if place and files.get_file_from_path(place) is None and (root / place).is_file():
                files.append(File.generated(config, place, abs_src_path=str(root / place)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the site has them. What leads nowhere is left as it stands: mkdocs warns of it."""

    def turned(found: re.Match[str]) -> str:
        place = site_place(page.file.src_uri, found[2])
        if place is None or files.get_file_from_path(place) is None:
            return found[0]
        return found[1] + posixpath.relpath(place, posixpath.dirname(page.file.src_uri) or ".") + found[3]

    return _LINK.sub(turned, markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """The page with its formulas drawn."""
    return _FORMULA.sub(lambda found: drawn(html.unescape(found[2]), line=found[1] == "div"), content)


def site_place(page: str, target: str) -> str | None:
    """Where a link of a page leads in the site, whose root is ``docs/`` with the repository's root under it.

    ``page`` is the page's path in the site. None for an address or what lies outside the repository.
    """
    if "://" in target or target.startswith(("mailto:", "/")):
        return None
    here = page if page in PAGES_BESIDE_DOCS else posixpath.join("docs", page)
    place = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
    if place.startswith(".."):
        return None
    return place.removeprefix("docs/")


@cache
def drawn(formula: str, *, line: bool) -> str:
    """A formula as an SVG with the TeX as its label; ``line`` for one that stands by itself.

    Raises ``ValueError``, with the place of the fault, where the formula cannot be read.
    """
    for ours, theirs in _AS_DRAWN.items():
        formula = formula.replace(ours, theirs)
    font = FontProperties(family="DejaVu Sans", math_fontfamily="cm", size=_EM)
    text = f"${' '.join(formula.split())}$"
    width, height, depth = text_to_path.get_text_width_height_descent(text, font, ismath=True)
    outline = TextPath((0, 0), text, prop=font)
    box = f"0 {depth - height:.0f} {width:.0f} {height:.0f}"
    style = f"width:{width / _EM:.3f}em;height:{height / _EM:.3f}em;vertical-align:{-depth / _EM:.3f}em"
    picture = (
        f'<svg class="formula" role="img" aria-label="{html.escape(formula)}" viewBox="{box}" style="{style}">'
        f'<path d="{path_data(outline)}"/></svg>'
    )
    return f'<div class="formula-line">{picture}</div>' if line else picture


def path_data(outline: Outline) -> str:
    """The ``d`` of an SVG path; there y grows downwards."""
    letters = {Outline.MOVETO: "M", Outline.LINETO: "L", Outline.CURVE3: "Q", Outline.CURVE4: "C"}
    parts = []
    for points, code in outline.iter_segments(curves=True, simplify=False):
        if code == Outline.CLOSEPOLY:
            parts.append("Z")
        else:
            signs = [f"{-value:.0f}" if at % 2 else f"{value:.0f}" for at, value in enumerate(points)]
            parts.append(letters[code] + " ".join(signs))
    return "".join(parts)
