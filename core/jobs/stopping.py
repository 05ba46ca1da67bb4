"""Whether the worker that this process belongs to was told to stop.

One byte of memory that the pool's processes share with their head, which alone hears the signal: they are forked.
"""

import mmap

_asked = mmap.mmap(-1, 1)


def ask_to_stop() -> None:
    """Have long work be given back at its next chunk, by this process and those forked from it."""
    _asked[0] = 1


def is_asked_to_stop() -> bool:
    """Return whether somebody did."""
    return _asked[0] == 1
