import uuid
from datetime import UTC, datetime

import uuid_utils.compat

RANDOM_BITS = 80
# RFC 9562, version 7: six bytes of the milliseconds of now, the version with 12 random bits, the variant with 62.
# PostgreSQL has a function of its own only from release 18 on, and some builds of it open /dev/urandom for each id,
# which takes longer than the insert of the row. random() is seeded by it once for a connection: an id is no secret.
UUID7 = """encode(
    substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
    || int2send((28672 + floor(random() * 4096))::int2)
    || int8send(floor(random() * 4611686018427387904)::bigint - 9223372036854775807 - 1), 'hex')::uuid"""


def uuid7() -> uuid.UUID:
    """Return a new id that sorts by the time it was made (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()


def made_at(made: uuid.UUID) -> datetime:
    """Return when an id of version 7 was made, to the millisecond."""
    return datetime.fromtimestamp((made.int >> RANDOM_BITS) / 1000, tz=UTC)


def first_id_of(at: datetime) -> uuid.UUID:
    """Return the id that sorts before every one made from that millisecond on."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << RANDOM_BITS)
