"""What other systems call the columns of their exports: rooms register presets in AppConfig.ready()."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.imports.guessing import plain_head
from core.imports.kinds import Text

Meaning = Callable[[str], str]
# In place of a preset's name: the file is read as it stands.
NO_PRESET = "none"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How an export of one kind of records from another system is read.

    `columns` name for each field the heads under which it may stand, the best first; a column holds one field, and the
    others are left out. A file with all heads of one of the `signs` is such an export, and so is one with more than
    half of a set of the `usual` heads. `meanings` turn what stands in the cells of a field into what is written here.
    """

    name: str
    kind: str
    label: Text
    columns: Mapping[str, Sequence[str]]
    signs: Sequence[frozenset[str]]
    usual: Sequence[frozenset[str]] = ()
    meanings: Mapping[str, Meaning] = field(default_factory=dict)

    def mapping(self, columns: Sequence[str]) -> list[str]:
        """Return the name of the field that each column holds, "" for none."""
        heads = [plain_head(column) for column in columns]
        found = [""] * len(columns)
        for name, known in self.columns.items():
            for head in map(plain_head, known):
                if head in heads and not found[heads.index(head)]:
                    found[heads.index(head)] = name
                    break
        return found

    def match(self, columns: Sequence[str]) -> int:
        """Return how many heads tell that a file is such an export; 0 where it is not."""
        heads = {plain_head(column) for column in columns}
        signs = [{plain_head(head) for head in sign} for sign in self.signs]
        usual = [{plain_head(head) for head in each} for each in self.usual]
        told = [len(sign) for sign in signs if sign <= heads]
        return max(told + [len(each & heads) for each in usual if 2 * len(each & heads) > len(each)], default=0)

    def meaning(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return the cells of a row, by field, as they would be written here."""
        return {
            name: self.meanings[name](text) if text and name in self.meanings else text for name, text in cells.items()
        }


_presets: dict[tuple[str, str], Preset] = {}


def register(preset: Preset) -> None:
    """Add a preset; raises ValueError for a name that the kind has already."""
    if _presets.setdefault((preset.kind, preset.name), preset) is not preset:
        raise ValueError(f"There is a preset {preset.name!r} of {preset.kind!r} already.")


def presets_for(kind: str) -> list[Preset]:
    """Return the presets of a kind, in the order of registration."""
    return [preset for preset in _presets.values() if preset.kind == kind]


def preset_of(kind: str, name: str) -> Preset | None:
    """Return the preset of a name; None where there is none, or none any more."""
    return _presets.get((kind, name))


def recognise(kind: str, columns: Sequence[str]) -> Preset | None:
    """Return the preset of the system that a file comes from, by its heads; None where nothing tells."""
    matches = [(preset.match(columns), preset) for preset in presets_for(kind)]
    best, preset = max(matches, key=lambda match: match[0], default=(0, None))
    return preset if best else None


def names() -> list[str]:
    """Return the names of all systems there are presets for."""
    return sorted({name for _kind, name in _presets})
