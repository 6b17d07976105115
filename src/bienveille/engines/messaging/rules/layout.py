"""The few signs of layout of a text (paragraphs, lists, addresses of pages) made into HTML, everything escaped."""

import re
from html import escape

_LINK = re.compile(r"https://[^\s<>\"]+[^\s<>\".,;:!?)]")


def paragraphs(text: str) -> list[str]:
    """Blocks of a text: an empty line parts them."""
    return [block.strip("\n") for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]


def to_html(text: str, *, language: str = "fr") -> str:
    """The HTML part of an e-mail, from its text once values are in: nothing of it can be read as a tag.

    Lines that begin with « - » make a list; addresses of pages become links.
    """
    body = "\n".join(_block(block) for block in paragraphs(text))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head>'
        f'<body style="font-family:sans-serif;font-size:17px;line-height:1.5">\n{body}\n</body></html>'
    )


def _block(block: str) -> str:
    lines = [line.strip() for line in block.split("\n")]
    pieces: list[str] = []
    run: list[str] = []
    items: list[str] = []
    for line in [*lines, ""]:
        if items and not line.startswith("- "):
            pieces.append("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
            items = []
        if run and (line.startswith("- ") or not line):
            pieces.append("<p>" + "<br>\n".join(run) + "</p>")
            run = []
        if line.startswith("- "):
            items.append(_linked(line[2:]))
        elif line:
            run.append(_linked(line))
    return "\n".join(pieces)


def _linked(text: str) -> str:
    pieces, last = [], 0
    for match in _LINK.finditer(text):
        address = escape(match.group(0))
        pieces += [escape(text[last : match.start()]), f'<a href="{address}">{address}</a>']
        last = match.end()
    return "".join([*pieces, escape(text[last:])])
