"""Photographs written again: nothing hidden comes through, nothing too large is opened."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from bienveille.ground.lib.pictures import LARGEST_FILE, SIDE, NotAPicture, clean_photograph


def photo(size: tuple[int, int] = (640, 480), kind: str = "JPEG", **more) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return out.getvalue()


def test_place_camera_and_comment_are_gone() -> None:
    facts = Image.Exif()
    facts[0x010F] = "Appareil secret"
    facts.get_ifd(0x8825)[2] = (45.0, 46.0, 12.0)  # where it was taken
    given = photo(exif=facts, comment=b"secret") + b"<html>secret</html>"
    made = clean_photograph(given)
    assert b"secret" in given
    assert b"secret" not in made
    with Image.open(BytesIO(made)) as picture:
        assert (picture.format, dict(picture.getexif()), picture.info.get("comment")) == ("JPEG", {}, None)


def test_upright_and_smaller() -> None:
    facts = Image.Exif()
    facts[0x0112] = 6  # turned a quarter
    with Image.open(BytesIO(clean_photograph(photo((3200, 1600), exif=facts)))) as picture:
        assert picture.size == (SIDE // 2, SIDE)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_photographs_become_jpeg(kind: str) -> None:
    assert clean_photograph(photo(kind=kind)).startswith(b"\xff\xd8")


def bomb() -> bytes:
    """A PNG of a few octets that says it has 169 million pixels."""
    header = struct.pack(">IIBBBBB", 13_000, 13_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", photo()[:200], photo(kind="GIF"), bomb()],
    ids=["empty", "svg", "pdf", "broken", "gif", "bomb"],
)
def test_what_is_not_a_photograph_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        clean_photograph(content)


def test_a_file_too_large_is_not_even_opened() -> None:
    with pytest.raises(NotAPicture):
        clean_photograph(photo() + b"\0" * LARGEST_FILE)
