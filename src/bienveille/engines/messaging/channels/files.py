"""Messages left as files, where there is no provider: on one's own machine, and in the demo."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from email.utils import formatdate
from os import replace
from pathlib import Path
from time import time

from bienveille.engines.messaging.channels import Outcome, Outgoing, Verdict
from bienveille.engines.messaging.rules.mime import Skeleton


class FileSender:
    """One file for each message, named by its key: the same message asked twice is one file.

    With `sender`, files are e-mails that any mail program opens; without, the text as it is.
    """

    honours_keys = True
    batch = 100
    longest = 30.0

    def __init__(self, *, folder: str | Path, sender: str = "") -> None:
        self._folder = Path(folder)
        self._skeleton = Skeleton.make(sender) if sender else None

    def send(self, batch: Sequence[Outgoing]) -> Iterator[Verdict]:
        date = formatdate(time()).encode("ascii")
        for one in batch:
            try:
                self._write(one, date)
            except ValueError:
                yield Verdict(one.key, Outcome.REFUSED, detail="5.1.3 address")
            except OSError as error:
                yield Verdict(one.key, Outcome.LATER, detail=f"file {error.errno}")
            else:
                yield Verdict(one.key, Outcome.SENT, f"file-{one.key}")

    def _write(self, one: Outgoing, date: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{one.key}{'.eml' if self._skeleton else '.txt'}"
        whole = path.with_suffix(".part")
        if self._skeleton:
            content = self._skeleton.message(
                key=str(one.key), to=one.to, subject=one.subject, text=one.text, html=one.html,
                language=one.language, unsubscribe=one.unsubscribe, date=date,
            )  # fmt: skip
        else:
            content = f"{one.to}\n\n{one.text}\n".encode("utf-8", "replace")
        with suppress(FileNotFoundError):
            whole.unlink()
        whole.touch(mode=0o600)
        whole.write_bytes(content)
        replace(whole, path)
