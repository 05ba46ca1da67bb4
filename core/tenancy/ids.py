import uuid
from datetime import UTC, datetime

import uuid_utils.compat

RANDOM_BITS = 80
# RFC 9562, version 7, from a random version 4: the first six bytes become the milliseconds of now, the 4
# becomes 7. PostgreSQL has a function of its own only from release 18 on.
UUID7 = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
    substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6
    ), 52, 1), 53, 1), 'hex')::uuid"""


def uuid7() -> uuid.UUID:
    """Return a new id that sorts by the time it was made (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()


def made_at(made: uuid.UUID) -> datetime:
    """Return when an id of version 7 was made, to the millisecond."""
    return datetime.fromtimestamp((made.int >> RANDOM_BITS) / 1000, tz=UTC)


def first_id_of(at: datetime) -> uuid.UUID:
    """Return the id that sorts before every one made from that millisecond on."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << RANDOM_BITS)
