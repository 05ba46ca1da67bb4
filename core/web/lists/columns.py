"""The columns of a list, declared once for the page and for the file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.template.defaultfilters import date as date_words
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core.web.lists.filters import NO, YES
from core.web.templatetags.web import money, relative_time

Text = str | Promise
COLUMNS = "columns"
NOTHING = "–"


class ColumnKind(StrEnum):
    """How a column's values are set; figures stand to the right."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    TIME = "time"


@dataclass(frozen=True)
class Column:
    """One column: its head, and how a row's value is got; what pages mask is masked in files too.

    A column that pages show has a `name` for the address; `sort` is the order that its head offers, and `url` returns
    where the value leads. A cell that is more than a value is drawn by `draw`. The column that `is_head` says which
    record a row is: it stands first and cannot be taken away.
    """

    label: Text
    value: Callable[[Any], Any]
    name: str = ""
    kind: ColumnKind = ColumnKind.TEXT
    sort: str = ""
    draw: Callable[[Any], SafeString | str] | None = None
    url: Callable[[Any], str] | None = None
    is_head: bool = False

    @property
    def is_figure(self) -> bool:
        return self.kind in {ColumnKind.NUMBER, ColumnKind.MONEY}

    def opening(self) -> SafeString:
        """Return what begins a cell; on a phone, where rows are cards, each says what it holds."""
        if self.is_head:
            return mark_safe('<td class="row-head">')
        kind = mark_safe(' class="number"') if self.is_figure else ""
        return format_html('<td{} data-label="{}">', kind, self.label)

    def shown(self, row: Any) -> Any:
        """Return a row's value as a page shows it."""
        if self.draw is not None:
            return self.draw(row)
        value = self.value(row)
        if value is None or value == "":
            return NOTHING
        if self.kind is ColumnKind.MONEY:
            return money(value)
        if self.kind is ColumnKind.NUMBER:
            return f"{value:,}"
        if self.kind is ColumnKind.TIME:
            return relative_time(value) if isinstance(value, datetime) else date_words(value, "Y-m-d")
        return (YES if value else NO) if isinstance(value, bool) else value


def arranged(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Return the columns of these names, each once and in this order, the head before all; others are left out."""
    by_name = {column.name: column for column in columns if column.name}
    heads = [column.name for column in columns if column.is_head]
    return [by_name[name] for name in dict.fromkeys([*heads, *names]) if name in by_name]
