"""The first rows of a file, shown so that people recognise its columns and nobody in them.

A column that is found to hold a field is shown as that field is elsewhere. One that is not may hold anything, a phone
or a street: of its cells the first character and the shape stay.
"""

from collections.abc import Callable, Mapping, Sequence

from core.crypto.masking import mask_name, mask_shape, mask_text

_WORDS = ("goods_category", "service_product", "origin_city", "origin_region", "destination_city", "destination_region")
_MASKS: dict[str, Callable[[str], str]] = {"customer_name": mask_name, **dict.fromkeys(_WORDS, mask_text)}


def masked(sample: Sequence[Sequence[str]], columns: Sequence[str], found: Mapping[str, str]) -> list[list[str]]:
    """Return the rows masked; `found` names the field that a column holds."""
    masks = [_MASKS.get(found[column], str) if column in found else mask_shape for column in columns]
    return [[mask(cell) for mask, cell in zip(masks, cells, strict=True)] for cells in sample]
