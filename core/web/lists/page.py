"""One page of a list, worked out from the parameters of its URL."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.tenancy.models import Tenant
from core.web.lists import cursors
from core.web.lists.columns import COLUMNS, Column, arranged
from core.web.lists.filters import Filter, GroupFilter

TOTAL_CAP = 1000
SORT, CURSOR, VIEW = "sort", "cursor", "view"
# In place of a view's id: the list as it is, and not as one's default view has it.
NO_VIEW = "all"


@dataclass(frozen=True)
class Sort:
    """An order the list offers: `column` is indexed (tenant, column, id) and never null.

    In the URL it is the name, or the name after a minus for descending.
    """

    name: str
    label: str | Promise
    column: str = ""
    descending_first: bool = False

    @property
    def field(self) -> str:
        return self.column or self.name


@dataclass(frozen=True)
class Chip:
    """An active filter: what it says, and the address without it."""

    label: str
    text: str
    remove_url: str


@dataclass
class ListPage:
    """The rows to show, and everything the filter bar, the column heads and the pager need.

    With an error in the parameters there are no rows: no filter is ever left out in silence.
    Building it reads nothing; `rows` is one query, `total` another.
    """

    path: str
    params: QueryDict
    queryset: QuerySet[Any]
    filters: Sequence[Filter]
    sorts: Sequence[Sort]
    default_sort: str
    tenant: Tenant
    size: int = 50
    # Whether views of this list can be saved, and whether one opens in place of the bare address.
    keeps_views: bool = False
    has_default_view: bool = False
    # All columns, those that a page shows of itself, and those that the reader chose before, by name.
    columns: Sequence[Column] = ()
    page_columns: Sequence[str] = ()
    own_columns: Sequence[str] = ()
    form: forms.Form = field(init=False)
    unknown: list[str] = field(init=False)
    sort: str = field(init=False)

    def __post_init__(self) -> None:
        self.form = _filter_form(self.filters)(self.params, auto_id="filter_%s")
        known = {*self.form.fields, SORT, CURSOR, *([VIEW] if self.keeps_views else [])}
        if self.page_columns:
            known.add(COLUMNS)
        self.unknown = sorted(set(self.params) - known)
        self.sort = self.params.get(SORT) or self.default_sort
        self._sort_is_known = self.sort.removeprefix("-") in {sort.name for sort in self.sorts}
        if not self._sort_is_known:
            self.sort = self.default_sort

    @property
    def unfiltered_words(self) -> str | Promise:
        """What stands here while nothing is chosen, in words, where a filter leaves only a group of all then."""
        groups = (each.groups[""][0] for each in self.filters if isinstance(each, GroupFilter))
        return next(groups, "")

    @cached_property
    def errors(self) -> list[str]:
        """What is wrong with the parameters that have no field of their own to say it beside."""
        messages = [_("There is no filter called “%(name)s”.") % {"name": name[:50]} for name in self.unknown]
        if not self._sort_is_known:
            messages.append(_("The list cannot be sorted that way."))
        there = {column.name for column in self.columns if column.name}
        gone = [name for name in self._asked_columns if name not in there]
        messages += [_("There is no column called “%(name)s”.") % {"name": name[:50]} for name in gone]
        return [*messages, *(str(error) for error in self.form.non_field_errors())]

    @cached_property
    def is_valid(self) -> bool:
        return self.form.is_valid() and not self.errors

    @property
    def _asked_columns(self) -> list[str]:
        """The columns that the address names, in its order."""
        return list(filter(None, self.params.get(COLUMNS, "").split(","))) if self.page_columns else []

    @property
    def has_chosen_columns(self) -> bool:
        return bool(self._asked_columns or self.own_columns)

    @cached_property
    def cells(self) -> list[tuple[Column, SafeString]]:
        """The columns that are shown, each with what begins its cells."""
        return [(column, column.opening()) for column in self.shown_columns]

    @cached_property
    def shown_columns(self) -> list[Column]:
        """The columns of the page in order: the address's, else the reader's own, else the list's."""
        return arranged(self.columns, self._asked_columns or self.own_columns or self.page_columns)

    @property
    def column_choices(self) -> list[tuple[Column, bool]]:
        """Every column that the page can show, each with whether it does, those that it shows first."""
        others = [column for column in self.columns if column.name and column not in self.shown_columns]
        return [*((column, True) for column in self.shown_columns), *((column, False) for column in others)]

    @property
    def file_columns(self) -> Sequence[Column]:
        """The columns of a file: the chosen ones, or all."""
        return self.shown_columns if self.has_chosen_columns else self.columns

    @cached_property
    def _sort(self) -> Sort:
        return next(sort for sort in self.sorts if sort.name == self.sort.removeprefix("-"))

    @cached_property
    def matching(self) -> QuerySet[Any]:
        """All rows that the filters leave, in no order; none where a parameter is wrong."""
        if not self.is_valid:
            return self.queryset.none()
        rows = self.queryset
        for each in self.filters:
            rows = each.apply(rows, self.form.cleaned_data, self.tenant.time_zone)
        return rows

    @cached_property
    def _window(self) -> list[Any]:
        minus = "-" if self.sort.startswith("-") else ""
        rows = self.matching.order_by(f"{minus}{self._sort.field}", f"{minus}pk")
        if self.is_valid and (cursor := self.params.get(CURSOR)):
            rows = rows.filter(self._after(cursors.decode(cursor, self._binding)))
        return list(rows[: self.size + 1])

    def _after(self, place: list[str]) -> Q:
        column = self._sort.field
        meta = self.queryset.model._meta
        value, key = meta.get_field(column).to_python(place[0]), meta.pk.to_python(place[1])
        past = "lt" if self.sort.startswith("-") else "gt"
        # The first condition alone is what an index can start from.
        return Q(**{f"{column}__{past}e": value}) & (Q(**{f"{column}__{past}": value}) | Q(**{f"pk__{past}": key}))

    @cached_property
    def _binding(self) -> str:
        chosen = sorted((name, self.params.getlist(name)) for name in self.form.fields if self.params.get(name))
        return cursors.binding(self.path, self.tenant.pk, self.sort, chosen)

    @cached_property
    def rows(self) -> list[Any]:
        return self._window[: self.size]

    @property
    def is_first(self) -> bool:
        return not self.params.get(CURSOR)

    @cached_property
    def more_url(self) -> str:
        """The address of the rows that follow; empty at the end."""
        if len(self._window) <= self.size:
            return ""
        last, meta = self.rows[-1], self.queryset.model._meta
        place = [meta.get_field(self._sort.field).value_to_string(last), str(last.pk)]
        return self._url({CURSOR: cursors.encode(place, self._binding)})

    @property
    def first_url(self) -> str:
        return self._url({})

    @property
    def clear_url(self) -> str:
        return self._url(drop=[*self.form.fields, *self.unknown, *([] if self._sort_is_known else [SORT])])

    @property
    def view_id(self) -> str:
        """The saved view that is open, as the address has it."""
        return self.params.get(VIEW, "") if self.keeps_views else ""

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the filter form sends along beside its own fields."""
        view = self.view_id or (NO_VIEW if self.has_default_view else "")
        columns = ",".join(self._asked_columns)
        return [(name, value) for name, value in ((VIEW, view), (COLUMNS, columns)) if value]

    @property
    def query(self) -> str:
        """Filters, order and columns as a saved view keeps them, in one spelling."""
        known = (*self.form.fields, *self.unknown, SORT, *([COLUMNS] if self.page_columns else []))
        return urlencode([(name, self.params[name]) for name in sorted(known) if self.params.get(name)])

    @property
    def sent_query(self) -> str:
        """The address's parameters, with the reader's own columns where it names none."""
        params = self.params.copy()
        if self.own_columns and not self._asked_columns:
            params[COLUMNS] = ",".join(column.name for column in self.shown_columns)
        return params.urlencode()

    @cached_property
    def capped_count(self) -> int:
        """How many rows match, up to one more than TOTAL_CAP."""
        return self.matching.order_by()[: TOTAL_CAP + 1].count()

    @cached_property
    def total(self) -> str:
        """How many there are, counted up to a thousand."""
        found = self.capped_count
        if found > TOTAL_CAP:
            return _("%(count)s+ results") % {"count": f"{TOTAL_CAP:,}"}
        return ngettext("%(count)s result", "%(count)s results", found) % {"count": f"{found:,}"}

    @cached_property
    def chips(self) -> list[Chip]:
        """The active filters, those in error included, so that each can be taken away."""
        self.form.is_valid()
        chips = []
        for each in self.filters:
            given = [name for name in each.parameters if self.params.get(name)]
            if not given:
                continue
            wrong = any(name in self.form.errors for name in given)
            text = _("not understood") if wrong else each.chip(self.form.cleaned_data, self.tenant.currency)
            chips.append(Chip(str(each.label), text, self._url(drop=given)))
        chips.extend(Chip(name[:50], _("not understood"), self._url(drop=[name])) for name in self.unknown)
        return chips

    @property
    def field_groups(self) -> list[list[forms.BoundField]]:
        """The filter form's fields, those of one filter together."""
        return [[self.form[name] for name in each.parameters] for each in self.filters]

    def sort_url(self, name: str) -> str:
        """The address of the list sorted by the named order, turned round if it is the present one."""
        sort = next(sort for sort in self.sorts if sort.name == name)
        if self.sort.removeprefix("-") == name:
            turned = name if self.sort.startswith("-") else f"-{name}"
        else:
            turned = f"-{name}" if sort.descending_first else name
        return self._url({SORT: turned})

    @property
    def sort_choices(self) -> list[tuple[str, str]]:
        """Every order with its direction, for the select box that stands in for column heads on a phone."""
        choices = []
        for sort in self.sorts:
            up, down = (sort.name, f"{sort.label} ↑"), (f"-{sort.name}", f"{sort.label} ↓")
            choices += [down, up] if sort.descending_first else [up, down]
        return choices

    def _url(self, change: dict[str, str] | None = None, drop: Sequence[str] = ()) -> str:
        params = self.params.copy()
        for name in (CURSOR, *drop, *(name for name in params if not params.get(name))):
            params.pop(name, None)
        for name, value in (change or {}).items():
            params[name] = value
        if not params and self.has_default_view:
            params[VIEW] = NO_VIEW
        return f"{self.path}?{params.urlencode()}" if params else self.path


def _filter_form(filters: Sequence[Filter]) -> type[forms.Form]:
    fields: dict[str, Any] = {}
    for each in filters:
        fields.update(each.form_fields())

    class FilterForm(forms.Form):
        def clean(self) -> dict[str, Any]:
            cleaned = super().clean() or self.cleaned_data
            for each in filters:
                try:
                    each.check(cleaned)
                except ValidationError as error:
                    self.add_error(None, error)
            return cleaned

    return type("FilterForm", (FilterForm,), fields)
