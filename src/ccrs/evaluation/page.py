"""A document as one HTML page: no script, nothing fetched, light and dark, every text escaped."""

from __future__ import annotations

import html
from typing import Final

from ccrs.evaluation.documents import (
    Block,
    Cell,
    Conversation,
    Document,
    Paragraph,
    Piece,
    Said,
    Section,
    Share,
    Table,
    Warned,
    printable,
)

_CELL: Final = 200
"""Characters of a cell; longer ones are cut."""
_SAID: Final = 1_000
_PROSE: Final = 2_000

# Even if a text got through as markup, it could neither run nor fetch anything.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2126; --soft: #59636e; --ground: #fff; --card: #f4f6f8; --rule: #d5dae0;
  --bar: #cfe3f7; --warn: #8a4b00; --warn-ground: #fff4e0; --mark: #fdeeb0; --mark-ink: #3d2f00; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #a3adb8; --ground: #14181c; --card: #1e242a;
  --rule: #353d46; --bar: #1f4468; --warn: #ffc46b; --warn-ground: #33260f; --mark: #5a4a10; --mark-ink: #fff3c9;
  --link: #7fb8f0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: 1.25rem 0 0; list-style: none; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .6rem; margin: 0; }
.figures div { background: var(--card); border-radius: .5rem; padding: .6rem .8rem; }
.figures dt { color: var(--soft); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; margin: 1rem 0 1.5rem; }
table { border-collapse: collapse; min-width: min(30rem, 100%); }
caption { text-align: start; color: var(--soft); padding-bottom: .4rem; }
th, td { padding: .3rem 1.1rem .3rem .5rem; border-bottom: 1px solid var(--rule); text-align: start;
  vertical-align: top; min-width: 3.5rem; max-width: 34rem; unicode-bidi: isolate; }
thead th { border-bottom-width: 2px; font-size: .85rem; color: var(--soft); font-weight: 600; }
tbody th { font-weight: 500; }
.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; padding-inline: 1.1rem .5rem; }
td.share { min-width: 8rem; }
.warned { border-inline-start: 4px solid var(--warn); background: var(--warn-ground); border-radius: .25rem;
  padding: .6rem 1rem; margin: .75rem 0; }
.warned p { margin: 0; } .warned p:first-child { font-weight: 600; }
.talk { background: var(--card); border-radius: .5rem; padding: .25rem 1.1rem 1rem; margin: 1rem 0; }
.talk ol { list-style: none; margin: 0; padding: 0; }
.talk li { display: grid; grid-template-columns: 8rem 1fr; gap: .75rem; padding: .3rem 0; }
.talk .who { color: var(--soft); font-size: .9rem; }
.talk p { margin: 0; unicode-bidi: isolate; }
mark { background: var(--mark); color: var(--mark-ink); border-radius: .2rem; padding: 0 .2rem;
  border-bottom: 2px dashed currentColor; }
mark.sure { border-bottom-style: solid; }
mark small { opacity: .8; }
@media (max-width: 40rem) { body { padding: 1rem; } .talk li { grid-template-columns: 1fr; gap: 0; } }
"""


def as_html(document: Document) -> str:
    """The whole page."""
    title = _escaped(document.title, _CELL)
    contents = "".join(
        f'<li><a href="#s{number}">{_escaped(section.heading, _CELL)}</a></li>'
        for number, section in enumerate(document.sections)
    )
    figures = "".join(
        f"<div><dt>{_escaped(name, _CELL)}</dt><dd>{value:,}</dd></div>"
        for name, value in document.figures.items()
    )
    sections = "\n".join(_section(section, number) for number, section in enumerate(document.sections))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<dl class="figures">{figures}</dl>
<nav aria-label="Contents"><ul>{contents}</ul></nav>
</header>
<main>
{sections}
</main>
</body>
</html>
"""


def _section(section: Section, number: int) -> str:
    blocks = "\n".join(_block(block, f"s{number}-{place}") for place, block in enumerate(section.blocks))
    heading = f'<h2 id="s{number}">{_escaped(section.heading, _CELL)}</h2>'
    return f'<section aria-labelledby="s{number}">\n{heading}\n{blocks}\n</section>'


def _block(block: Block, name: str) -> str:
    if isinstance(block, Table):
        return _table(block, name)
    if isinstance(block, Paragraph):
        return f"<p>{_escaped(block.text, _PROSE)}</p>"
    if isinstance(block, Warned):
        problem, mend = _escaped(block.problem, _PROSE), _escaped(block.mend, _PROSE)
        return f'<div class="warned"><p>{problem}</p><p>{mend}</p></div>'
    return _conversation(block)


def _table(table: Table, name: str) -> str:
    """A table whose first cell of a row names the row; columns of numbers end at the right."""
    right = [
        bool(table.rows) and all(isinstance(row[column], int | Share) for row in table.rows)
        for column in range(len(table.header))
    ]
    head = "".join(
        f'<th scope="col"{" class=n" if to_right else ""}>{_escaped(cell, _CELL)}</th>'
        for cell, to_right in zip(table.header, right, strict=True)
    )
    body = "\n".join(
        f"<tr>{''.join(_cell(cell, number == 0) for number, cell in enumerate(row))}</tr>"
        for row in table.rows
    )
    caption = f'<caption id="{name}">{_escaped(table.caption, _PROSE)}</caption>'
    # One who has no mouse reaches what is wider than the window by the arrow keys.
    return (
        f'<div class="table" role="region" aria-labelledby="{name}" tabindex="0"><table>{caption}'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, is_first: bool) -> str:
    tag, scope = ("th", ' scope="row"') if is_first else ("td", "")
    if isinstance(cell, Share):
        filled = min(max(100 * cell.value, 0.0), 100.0)
        bar = f"background:linear-gradient(to right,var(--bar) {filled:.1f}%,transparent 0)"
        return f'<{tag}{scope} class="n share" style="{bar}">{cell}</{tag}>'
    if isinstance(cell, int):
        return f'<{tag}{scope} class="n">{cell:,}</{tag}>'
    return f'<{tag}{scope} dir="auto">{_escaped(cell, _CELL)}</{tag}>'


def _conversation(talk: Conversation) -> str:
    lines = "\n".join(_said(said) for said in talk.messages)
    return f'<article class="talk"><h3>{_escaped(talk.title, _CELL)}</h3><ol>\n{lines}\n</ol></article>'


def _said(said: Said) -> str:
    parts: list[str] = []
    length = 0
    for piece in said.pieces:
        left = _SAID - length
        parts.append(_piece(piece, left) if left > 0 else "…")
        length += len(piece.text)
        if left < len(piece.text):
            break
    speaker = _escaped(said.speaker, _CELL)
    return f'<li><span class="who">{speaker}</span><p dir="auto">{"".join(parts)}</p></li>'


def _piece(piece: Piece, limit: int) -> str:
    """A piece of text; a highlighted one with what it means, where that is not what it says."""
    # The spaces at its ends part it from its neighbours.
    before = " " if piece.text[:1].isspace() else ""
    behind = " " if piece.text[-1:].isspace() and piece.text.strip() else ""
    text = f"{before}{_escaped(piece.text, limit)}{behind}"
    if piece.label is None:
        return text
    meant = f" <small>= {_escaped(piece.label, _CELL)}</small>" if piece.label else ""
    return f"<mark{' class=sure' if piece.sure else ''}>{text}{meant}</mark>"


def _escaped(text: str, limit: int) -> str:
    """Text that is nothing but text on a page, cut to ``limit`` characters."""
    return html.escape(printable(text, limit))
