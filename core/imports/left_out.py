"""The columns of a file that nobody said to take, and where they could be taken."""

from collections.abc import Collection
from dataclasses import dataclass

from core.imports.guessing import recognised
from core.imports.kinds import ImportKind, all_kinds, kind_of
from core.imports.models import ImportBatch


@dataclass(frozen=True)
class LeftOut:
    """Columns by what could take them: the file's own kind, another one, or None for nothing."""

    columns: list[str]
    kind: ImportKind | None


def columns_left_out(batch: ImportBatch, *, permissions: Collection[str]) -> list[LeftOut]:
    """Return the columns with a head that are left out of a file, first those that its own kind could take.

    Of other kinds those are named that somebody with these permissions may bring in.
    """
    own = kind_of(batch.kind)
    others = [kind for kind in all_kinds() if kind.permission in permissions and kind is not own]
    left = [column for column, name in zip(batch.columns, batch.mapping, strict=True) if column and not name]
    found = []
    for kind in [own, *others]:
        # A field that a column holds already is not offered for another one.
        fields = [field for field in kind.fields() if kind is not own or field.name not in batch.mapping]
        taken = recognised(left, fields)
        found.append(LeftOut(taken, kind))
        left = [column for column in left if column not in taken]
    return [each for each in (*found, LeftOut(left, None)) if each.columns]
