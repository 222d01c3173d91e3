"""The documentation site: every page is in it, links lead somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from scripts import site_hooks
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"
CONFIG = PROJECT / "mkdocs.yml"


def in_nav(nav: object) -> list[str]:
    """The pages that a part of the navigation names, in order."""
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [page for part in parts for page in in_nav(part)]


class Seen(HTMLParser):
    """What a page has: ``ids``, the ``links`` a person follows, and what the browser ``loads`` by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        if "id" in had:
            self.ids.add(had["id"])
        if tag == "a" and "href" in had:
            self.links.append(had["href"])
        elif tag == "link":
            self.loads.append(had["href"])
        elif had.get("src"):
            self.loads.append(had["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(CONFIG), "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


def test_every_page_is_in_the_navigation_once() -> None:
    nav = in_nav(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["nav"])
    pages = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")]
    assert sorted(nav) == sorted([*pages, *site_hooks.PAGES_BESIDE_DOCS])
    assert nav[0] == "index.md"


def test_links_of_the_site_lead_somewhere(site: Path) -> None:
    pages = {page: Seen(page) for page in site.rglob("*.html") if page.name != "404.html"}
    assert len(pages) > 15
    followed = 0
    for page, seen in pages.items():
        for link in [*seen.links, *seen.loads]:
            if link.startswith(("http://", "https://")):
                continue
            place, _, anchor = link.partition("#")
            target = Path(os.path.normpath(page.parent / place)) if place else page
            assert target.exists(), (page.name, link)
            if anchor and target in pages:
                assert anchor in pages[target].ids or anchor.startswith("__"), (page.name, link)
            followed += 1
    assert followed > 500


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert not [address for address in Seen(page).loads if "//" in address], page.name
        # The theme fetches a drawing program from another server where a page has such a drawing.
        assert 'class="mermaid"' not in page.read_text(encoding="utf-8")
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8"))


def test_formulas_are_drawn(site: Path) -> None:
    shown = (site / "model.html").read_text(encoding="utf-8")
    assert shown.count('<svg class="formula"') > 50
    assert 'class="formula-line"' in shown
    assert "arithmatex" not in shown
    assert r'aria-label="S_i^\top A_r^i\, T_i \cdot s / \sqrt{d}"' in shown


def test_a_drawn_formula_has_the_size_of_its_letters() -> None:
    one, two = (
        float(re.search(r"width:([\d.]+)em", site_hooks.drawn(tex, line=False))[1]) for tex in ("m", "mm")
    )
    assert 0.6 < one < 1.2
    assert 1.9 < two / one < 2.3
    with pytest.raises(ValueError, match="Unknown symbol"):
        site_hooks.drawn(r"\nothing", line=False)


@pytest.mark.parametrize(
    ("page", "target", "place"),
    [
        ("index.md", "../CONTRIBUTING.md", "CONTRIBUTING.md"),
        ("index.md", "model.md", "model.md"),
        ("a/deep.md", "../../examples/curl.sh", "examples/curl.sh"),
        ("CHANGELOG.md", "docs/log.md", "log.md"),
        ("index.md", "../../elsewhere.md", None),
        ("index.md", "https://example.org/a.md", None),
    ],
)
def test_where_a_link_leads_in_the_site(page: str, target: str, place: str | None) -> None:
    assert site_hooks.site_place(page, target) == place
    if place is not None:
        root = posixpath.dirname(page if page in site_hooks.PAGES_BESIDE_DOCS else f"docs/{page}")
        assert (PROJECT / root / target).exists() or "deep" in page
