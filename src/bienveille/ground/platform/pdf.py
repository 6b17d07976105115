"""PDF documents that everybody can read: tagged (PDF/UA-1), set by Typst from a template and data kept apart.

Data goes as JSON beside the template, never inside its source: nothing that people typed is ever run.
"""

import json
from pathlib import Path
from typing import Any

import typst


def pdf_from(template: Path, data: Any) -> bytes:
    """The PDF of a Typst template, which reads `data` with `json(bytes(sys.inputs.data))`. Typst's own fonts."""
    compiled: Any = typst.compile  # its stub knows fewer standards than it makes
    made = compiled(
        str(template),
        root=str(template.parent),
        format="pdf",
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made
