"""Photographs made harmless: opened, turned upright, made smaller and written again without anything hidden in them."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

#: What a telephone sends, and no more.
LARGEST_FILE = 15 * 2**20
#: Some 150 MB once opened: a file of a few kilobytes may claim to be far larger.
MOST_PIXELS = 50_000_000
SIDE = 1600
_FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(ValueError):
    """Not a photograph that can be kept: of another kind, broken, or too large."""


def clean_photograph(content: bytes) -> bytes:
    """A JPEG of the same picture, 1,600 pixels at most: no place, no camera, no comment, nothing behind the image."""
    if not content or len(content) > LARGEST_FILE:
        raise NotAPicture
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise NotAPicture
            picture.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture from error
    upright.thumbnail((SIDE, SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    out = BytesIO()
    bare.save(out, "JPEG", quality=80)
    return out.getvalue()
