import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """Return a new id that sorts by the time it was made (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()
