"""PDF documents that everybody can read: tagged (PDF/UA-1), set by Typst from a template and data kept apart.

Data goes as JSON beside the template, never inside its source: nothing that people typed is ever run.

Typst remembers all that it ever set, some half a megabyte a page, and cannot be told to forget: what has many pages is
set by a `Press`, a process that ends with what it remembers. This module is also what that process runs.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, Self

import typst

#: Beside Typst's own: the typeface of the screens, cut at two weights (fontTools' instancer) from the variable file
#: that `ground/ui/static/vendor` holds, for Typst knows no variable font. Drawn for people who see badly; same licence.
FONTS = Path(__file__).parent / "fonts"


def pdf_from(template: Path, data: Any) -> bytes:
    """The PDF of a Typst template, which reads `data` with `json(bytes(sys.inputs.data))`; Typst's fonts and ours."""
    return _compiled(template, json.dumps(data, ensure_ascii=False))[1]


class Press:
    """A process that sets documents one after another; it is closed, and its memory given back, at the end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def set(self, template: Path, data: Any, *, mark: str) -> tuple[bytes, list[Any]]:
        """The PDF, and the values of `#metadata(…)<mark>` in the order of the pages: where each letter begins."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"template": str(template.resolve()), "data": json.dumps(data, ensure_ascii=False), "mark": mark}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        head = self._process.stdout.readline()
        if not head:
            raise RuntimeError("the press stopped: the document has a fault, or memory was short")
        told = json.loads(head)
        return self._process.stdout.read(told["size"]), told["marks"]


def _compiled(template: Path, data: str) -> tuple[Any, bytes]:
    compiler: Any = typst.Compiler(
        str(template),
        root=str(template.parent),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
    made = compiler.compile(format="pdf", pdf_standards="ua-1")  # its stub knows fewer standards than it makes
    assert isinstance(made, bytes)
    return compiler, made


def _work(asked: BinaryIO, made: BinaryIO) -> None:
    for line in asked:
        wanted = json.loads(line)
        compiler, pdf = _compiled(Path(wanted["template"]), wanted["data"])
        marks = [found["value"] for found in json.loads(compiler.query(f"<{wanted['mark']}>"))]
        made.write(json.dumps({"size": len(pdf), "marks": marks}).encode() + b"\n" + pdf)
        made.flush()


if __name__ == "__main__":
    _work(sys.stdin.buffer, sys.stdout.buffer)
