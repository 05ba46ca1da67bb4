"""Pictures: which kind one is, and how many pixels it says it has, without unpacking any."""

from typing import IO

from PIL import Image, UnidentifiedImageError

from documents.contents.refusals import PictureTooLarge
from documents.enums import MediaType

# Below the number from which Pillow itself warns, so that it has nothing to say of what is taken.
MOST_PIXELS = 80_000_000
FORMATS = {MediaType.PNG: "PNG", MediaType.JPEG: "JPEG", MediaType.GIF: "GIF", MediaType.WEBP: "WEBP"}


def media_type_of_picture(head: bytes) -> MediaType | None:
    """Return what the first bytes say it is."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return MediaType.GIF
    return MediaType.WEBP if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None


def check_pixels(file: IO[bytes], kind: MediaType) -> bool:
    """Return whether the file has the header of such a picture. Raises PictureTooLarge."""
    file.seek(0)
    try:
        width, height = Image.open(file, formats=[FORMATS[kind]]).size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, OverflowError):
        return False
    if width * height > MOST_PIXELS:
        raise PictureTooLarge
    return True
