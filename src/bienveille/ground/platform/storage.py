"""Files kept beside the database: whole, or not there at all. Who may read them is the business of who keeps them."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Django's own leaves the beginning of a file when the disk fills up in the middle."""

    def _save(self, name: str, content: Any) -> str:
        path = self.path(name)
        free = not os.path.lexists(path)
        try:
            return str(super()._save(name, content))  # type: ignore[misc]
        except OSError:
            if free:
                with contextlib.suppress(OSError):
                    os.unlink(path)
            raise
