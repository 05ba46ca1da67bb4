"""The directory and the streams of a compound file ([MS-CFB]), read as far as it takes to tell what it is."""

import struct
from array import array
from collections.abc import Iterator
from functools import cached_property
from io import SEEK_END
from typing import IO, NamedTuple

HEADER = struct.Struct("<8s16s5H6s9I")
ENTRY = struct.Struct("<64sHBB3I16sI8s8sIQ")
HEADER_BYTES, FIRST_FAT_AT, FAT_SECTORS_IN_HEADER = 512, 76, 109
SECTOR_SHIFTS = {3: 9, 4: 12}
MINI_SHIFT, MINI_CUTOFF = 6, 4096
END, LAST_SECTOR = 0xFFFFFFFE, 0xFFFFFFFA
STORAGE, STREAM, ROOT = 1, 2, 5


class BadCompound(Exception):
    """What begins as a compound file and is none."""


class Entry(NamedTuple):
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Compound:
    """A compound file. Every chain is followed once around at most. Raises BadCompound."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            raise BadCompound
        fields = HEADER.unpack_from(header)
        version, shift, mini_shift = fields[3], fields[5], fields[6]
        if SECTOR_SHIFTS.get(version) != shift or mini_shift != MINI_SHIFT:
            raise BadCompound
        self._version, self._shift = version, shift
        _directories, _fats, directory, _signature, cutoff, mini_fat, _minis, difat, _difats = fields[8:]
        if cutoff != MINI_CUTOFF:
            raise BadCompound
        self._mini_start = mini_fat
        self._fat = self._read_fat(header, difat)
        self.entries = self._read_directory(directory)

    @cached_property
    def streams(self) -> dict[str, Entry]:
        """The streams that stand in the root storage, by name."""
        found, waiting, seen = {}, [self.entries[0].child], set()
        while waiting:
            place = waiting.pop()
            if place >= len(self.entries) or place in seen:
                continue
            seen.add(place)
            entry = self.entries[place]
            waiting += [entry.left, entry.right]
            if entry.kind == STREAM:
                found[entry.name] = entry
        return found

    def read(self, name: str) -> bytes:
        """Return a stream of the root storage. Raises BadCompound where it is shorter than it says."""
        entry = self.streams[name]
        if entry.size >= MINI_CUTOFF:
            content = self._content(entry.start)
        else:
            sectors = _chain(self._mini_fat, entry.start)
            content = b"".join(self._minis[at << MINI_SHIFT : (at + 1) << MINI_SHIFT] for at in sectors)
        if len(content) < entry.size:
            raise BadCompound
        return content[: entry.size]

    @cached_property
    def _mini_fat(self) -> array:
        return _numbers(self._content(self._mini_start))

    @cached_property
    def _minis(self) -> bytes:
        return self._content(self.entries[0].start)

    def _read_fat(self, header: bytes, difat: int) -> array:
        """Return which sector follows which; the header names the first that say so, chained sectors the rest."""
        sectors = [*struct.unpack_from(f"<{FAT_SECTORS_IN_HEADER}I", header, FIRST_FAT_AT)]
        seen = set()
        while difat < LAST_SECTOR:
            if difat in seen:
                raise BadCompound
            seen.add(difat)
            *more, difat = _numbers(self._sector(difat))
            sectors += more
        named = [sector for sector in sectors if sector < LAST_SECTOR]
        if len(set(named)) < len(named):
            raise BadCompound
        # What it says beyond the end of the file is of no use, and would make a chain of it as long as one likes.
        most = (self._file.seek(0, SEEK_END) >> self._shift) + 1
        return _numbers(b"".join(map(self._sector, named)))[:most]

    def _read_directory(self, start: int) -> list[Entry]:
        content = self._content(start)
        entries = [self._entry(fields) for fields in ENTRY.iter_unpack(content)]
        if not entries or entries[0].kind != ROOT:
            raise BadCompound
        return entries

    def _entry(self, fields: tuple) -> Entry:
        name, length, kind, _colour, left, right, child, *_rest, start, size = fields
        # Writers of version 3 may leave anything in the upper half.
        size = size & 0xFFFFFFFF if self._version == min(SECTOR_SHIFTS) else size
        text = name[: max(0, length - 2)].decode("utf-16-le", errors="replace")
        return Entry(text, kind, left, right, child, start, size)

    def _content(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in _chain(self._fat, start))

    def _sector(self, number: int) -> bytes:
        """Return a sector; the last of a file may be cut short."""
        self._file.seek((number + 1) << self._shift)
        content = self._file.read(1 << self._shift)
        if not content:
            raise BadCompound
        return content.ljust(1 << self._shift, b"\0")


def _chain(following: array, sector: int) -> Iterator[int]:
    for _step in range(len(following) + 1):
        if sector == END:
            return
        if sector >= len(following):
            raise BadCompound
        yield sector
        sector = following[sector]
    raise BadCompound


def _numbers(content: bytes) -> array:
    return array("I", struct.unpack(f"<{len(content) // 4}I", content))
