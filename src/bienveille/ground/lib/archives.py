"""Files packed together in one ZIP: looked at, counted, unpacked without trusting what the archive says of itself."""

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

MOST_MEMBERS = 20
MOST_UNPACKED = 1 << 30  # bytes of all the members together, counted while they come out
BLOCK = 1 << 20
#: Members that make the file an office document, not a folder of files.
_DOCUMENTS = ("xl/", "word/", "ppt/", "META-INF/manifest.xml", "mimetype")
#: What machines add to an archive by themselves.
_LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


class WrongArchive(Exception):
    """The archive cannot be unpacked; `code` says why, `member` which file of it (nothing: the whole archive).

    Codes: damaged, locked, nested, too_big, too_many, no_members, no_plain_file.
    """

    def __init__(self, code: str, member: str = "") -> None:
        super().__init__(code)
        self.code, self.member = code, member


@dataclass(frozen=True, slots=True)
class Member:
    """One file that came out: where it is now (under a name of ours), and its own name."""

    path: Path
    name: str


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP of files; a workbook is a ZIP too, and is none."""
    with path.open("rb") as stream:
        if stream.read(4) not in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
            return False
    try:
        with zipfile.ZipFile(path) as package:
            return not any(name.startswith(_DOCUMENTS) for name in package.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False  # whoever opens it as a table will say that it is damaged


@contextmanager
def unpacked(
    path: Path, *, most_bytes: int = MOST_UNPACKED, most_members: int = MOST_MEMBERS
) -> Iterator[list[Member]]:
    """The files of an archive, in a folder readable by us alone that goes at the end. Raises `WrongArchive`.

    Nothing is written under a name that the archive chose, no link is followed, and the size is what really comes out.
    """
    with TemporaryDirectory(prefix="bienveille-") as folder:
        try:
            with zipfile.ZipFile(path) as package:
                members = _take_out(package, Path(folder), most_bytes, most_members)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError) as error:
            raise WrongArchive("damaged") from error
        yield members


def _take_out(package: zipfile.ZipFile, folder: Path, most_bytes: int, most_members: int) -> list[Member]:
    infos = [info for info in package.infolist() if not info.is_dir() and not _is_litter(info.filename)]
    if not infos:
        raise WrongArchive("no_members")
    if len(infos) > most_members:
        raise WrongArchive("too_many")
    names = _names(infos)
    left = most_bytes
    members = []
    for rank, (info, name) in enumerate(zip(infos, names, strict=True)):
        if info.flag_bits & 1:
            raise WrongArchive("locked", name)
        if _is_special(info):
            raise WrongArchive("no_plain_file", name)
        member = Member(folder / f"{rank:03d}", name)
        left -= _copy(package, info, member, left)
        if is_archive(member.path):
            raise WrongArchive("nested", name)
        members.append(member)
    return members


def _copy(package: zipfile.ZipFile, info: zipfile.ZipInfo, member: Member, left: int) -> int:
    """How many bytes came out."""
    written = 0
    try:
        with package.open(info) as source, member.path.open("xb") as target:
            while block := source.read(BLOCK):
                written += len(block)
                if written > left:
                    raise WrongArchive("too_big", member.name)
                target.write(block)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise WrongArchive("damaged", member.name) from error
    except WrongArchive:
        raise
    except Exception as error:  # zlib.error and its like have no common parent with the rest
        if type(error).__name__ not in ("error", "LZMAError", "OSError"):
            raise
        raise WrongArchive("damaged", member.name) from error
    return written


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not parts or any(part in _LITTER for part in parts) or parts[-1].startswith(("._", "~$"))


def _is_special(info: zipfile.ZipInfo) -> bool:
    """A link, a device: what a folder of exports never holds."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    return kind not in (0, stat.S_IFREG)


def _names(infos: list[zipfile.ZipInfo]) -> list[str]:
    """The last part of each name; two that are alike are told apart by their folder."""
    paths = [PurePosixPath(info.filename.replace("\\", "/")) for info in infos]
    alone = [path.name or "fichier" for path in paths]
    return [
        _printable(name if alone.count(name) == 1 else f"{path.parent.name}/{name}".lstrip("/"))
        for path, name in zip(paths, alone, strict=True)
    ]


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "_" for letter in name)[:200]
