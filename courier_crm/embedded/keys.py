"""The two secrets of a local folder: made once, whoever comes first."""

import base64
import os
import secrets
from pathlib import Path

from courier_crm.embedded.errors import EmbeddedError

KEY_BYTES = 32


def local_key(path: Path) -> str:
    """Return the key in this file, 32 random bytes in base64; make it first if there is none.

    Raises EmbeddedError when the file can be neither read nor written.
    """
    try:
        if not path.exists():
            _create(path)
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise EmbeddedError(
            f"cannot read or write the key file {path} ({error.strerror})."
            " Set CRM_LOCAL_DIR to a folder that you may write to."
        ) from None
    if not text:
        raise EmbeddedError(f"the key file {path} is empty. Restore it from a backup, or remove it to start anew.")
    return text


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces the key that another process has just made.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
