"""Rest of Python's collector of cycles, for work on many rows."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no cycles to the end of the block.

    Rows by the thousand hold none, and for every few hundred of them the collector would walk through all that the
    product has in memory. What no cycle holds is let go at once, as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
