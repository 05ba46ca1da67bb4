import uuid
from datetime import UTC, datetime

import uuid_utils.compat

RANDOM_BITS = 80


def uuid7() -> uuid.UUID:
    """Return a new id that sorts by the time it was made (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()


def made_at(made: uuid.UUID) -> datetime:
    """Return when an id of version 7 was made, to the millisecond."""
    return datetime.fromtimestamp((made.int >> RANDOM_BITS) / 1000, tz=UTC)


def first_id_of(at: datetime) -> uuid.UUID:
    """Return the id that sorts before every one made from that millisecond on."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << RANDOM_BITS)
