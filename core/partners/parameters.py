"""What an address asks of a list or a record. What is not understood is refused by name, never left out."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import django_filters
from django.core import signing
from django.http import QueryDict
from django.urls import converters, register_converter
from django.utils.translation import gettext as _
from rest_framework.serializers import Serializer

from core.partners.filters import PARAMETER
from core.partners.problems import BadParameters, Fault
from core.tenancy.scope import required_tenant_id

LIMIT, CURSOR, SORT, FIELDS, INCLUDE_TOTAL, EXPAND = "limit", "cursor", "sort", "fields", "include_total", "expand"
DEFAULT_LIMIT, MOST_ROWS = 50, 200
FLAGS = {"true": True, "false": False}
# What stands for bytes that are not UTF-8 when an address is read.
REPLACED = "\ufffd"
SALT = "core.partners.cursor"


class NumberConverter(converters.StringConverter):
    """What partners call a record, in an address: slashes may stand within, such as 2026/0042.

    At its ends they are mistakes in putting the address together.
    """

    regex = "[^/](?:.*[^/])?"


register_converter(NumberConverter, "number")


@dataclass(frozen=True)
class Sort:
    """An order that a list offers: `column` is indexed (tenant, column) and never null."""

    name: str
    column: str = ""

    @property
    def field(self) -> str:
        return self.column or self.name


@dataclass
class Parameters:
    """The parameters of one address, read one by one; `check` raises BadParameters for all that is wrong.

    `asks` takes those of an address that asks something of its own, and is read when its record is found.
    """

    given: QueryDict
    resource: str
    field_names: Sequence[str]
    expandable: Sequence[str] = ()
    sorts: Sequence[Sort] = ()
    default_sort: str = ""
    filters: type[django_filters.FilterSet] | None = None
    flags: Sequence[str] = ()
    asks: type[Serializer] | None = None
    faults: list[Fault] = field(default_factory=list)

    def check(self) -> None:
        """Read everything once; raise BadParameters if anything is not understood."""
        self.faults = list(self._names())
        if not self.faults:
            self.faults = list(self._values())
        if self.faults:
            raise BadParameters(self.faults)

    def _names(self) -> Iterator[Fault]:
        """Find the names that are unknown, repeated or without a value."""
        for name, values in self.given.lists():
            if name not in self._known:
                yield self._unknown(name)
            elif len(values) > 1:
                yield Fault(parameter=name, code="repeated", detail=_("Give this parameter once."))
            elif REPLACED in values[0]:
                yield Fault(parameter=name, code="not_utf8", detail=_("Send the value as UTF-8, percent-encoded."))
            elif not values[0]:
                yield Fault(parameter=name, code="empty", detail=_("Give a value, or leave the parameter out."))

    @cached_property
    def _known(self) -> set[str]:
        if self.filters is None:
            return {*self.flags, *self._asked, *([FIELDS] if self.field_names else [])}
        expand = [EXPAND] if self.expandable else []
        return {FIELDS, LIMIT, CURSOR, SORT, INCLUDE_TOTAL, *expand, *self.filters.base_filters}

    def _unknown(self, name: str) -> Fault:
        match = PARAMETER.fullmatch(name)
        if self.filters is None or match is None:
            return Fault(
                parameter=name,
                code="unknown_parameter",
                detail=_("Known here: %(names)s.") % {"names": ", ".join(sorted(self._known))},
            )
        known = [PARAMETER.fullmatch(each).groups() for each in self.filters.base_filters]
        operators = [operator for name, operator in known if name == match["field"]]
        if not operators:
            names = ", ".join(sorted({name for name, _operator in known}))
            return Fault(parameter=name, code="unknown_field", detail=_("Known here: %(names)s.") % {"names": names})
        return Fault(
            parameter=name,
            code="unknown_operator",
            detail=_("Known here: %(names)s.") % {"names": ", ".join(operators)},
        )

    def _values(self) -> Iterator[Fault]:
        shown = [name for name in self.field_names if name not in self.expandable or name in self.expand]
        for parameter, given, known in (
            (FIELDS, self.fields or (), shown),
            (EXPAND, self.expand, self.expandable),
        ):
            if not set(given) <= set(known):
                yield Fault(
                    parameter=parameter,
                    code="unknown_field",
                    detail=_("Known here: %(names)s.") % {"names": ", ".join(known)},
                )
        for name in self.flags:
            if self.given.get(name, "false") not in FLAGS:
                yield Fault(parameter=name, code="invalid", detail=_("Give true or false."))
        if self.filters is not None:
            yield from self._list_values()

    def read_question(self) -> dict[str, Any]:
        """Return what the address asks of its own. Raises BadParameters, naming each parameter that is wrong."""
        given = {name: self.given[name] for name in self._asked if name in self.given}
        question = self.asks(data=given)
        if not question.is_valid():
            raise BadParameters(
                Fault(parameter=name, code=errors[0].code, detail=" ".join(errors))
                for name, errors in question.errors.items()
            )
        return question.validated_data

    @cached_property
    def _asked(self) -> list[str]:
        return [] if self.asks is None else list(self.asks().fields)

    def _list_values(self) -> Iterator[Fault]:
        if self.limit is None:
            yield Fault(
                parameter=LIMIT,
                code="invalid",
                detail=_("Give a number from 1 to %(most)s.") % {"most": MOST_ROWS},
            )
        if self.include_total is None:
            yield Fault(parameter=INCLUDE_TOTAL, code="invalid", detail=_("Give true or false."))
        form = self.filters(data=self.given).form
        for name, errors in form.errors.as_data().items():
            yield Fault(parameter=name, code=errors[0].code or "invalid", detail=" ".join(errors[0].messages))
        if self.sort_column is None:
            choices = ", ".join(self.sort_choices)
            yield Fault(parameter=SORT, code="unknown_sort", detail=_("Known here: %(names)s.") % {"names": choices})
        elif not form.errors and not self.cursor_is_ours:
            yield Fault(
                parameter=CURSOR,
                code="invalid_cursor",
                detail=_("This cursor was not made for this list with these filters and this sort."),
            )

    def flag(self, name: str) -> bool:
        """Say whether a parameter of `flags` is given as true."""
        return FLAGS[self.given.get(name, "false")]

    @cached_property
    def fields(self) -> list[str] | None:
        """The fields to answer with; None for all."""
        return self.given[FIELDS].split(",") if FIELDS in self.given else None

    @cached_property
    def expand(self) -> list[str]:
        """The relations to answer with besides."""
        return self.given[EXPAND].split(",") if EXPAND in self.given else []

    @cached_property
    def limit(self) -> int | None:
        """How many rows to answer with; None when that is not understood."""
        text = self.given.get(LIMIT, str(DEFAULT_LIMIT))
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS)) else 0
        return number if 1 <= number <= MOST_ROWS else None

    @cached_property
    def include_total(self) -> bool | None:
        return FLAGS.get(self.given.get(INCLUDE_TOTAL, "false"))

    @property
    def sort(self) -> str:
        return self.given.get(SORT, self.default_sort)

    @property
    def sort_choices(self) -> list[str]:
        return [sign + sort.name for sort in self.sorts for sign in ("", "-")]

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    @cached_property
    def sort_column(self) -> str | None:
        """The column to sort by; None when there is no such sort."""
        name = self.sort.removeprefix("-")
        return next((sort.field for sort in self.sorts if sort.name == name), None)

    @cached_property
    def place(self) -> list[str] | None:
        """The sort value and the id of the last row met, as text; None at the start. Ask `cursor_is_ours` first."""
        return self._opened[1:] if CURSOR in self.given else None

    @property
    def cursor_is_ours(self) -> bool:
        return CURSOR not in self.given or self._opened[:1] == [self._binding]

    def cursor_after(self, value: str, row_id: str) -> str:
        """Return the cursor of the place after a row: signed, and good for this list alone."""
        return signing.dumps([self._binding, value, row_id], salt=SALT, compress=True)

    @cached_property
    def _opened(self) -> list[str]:
        try:
            return signing.loads(self.given[CURSOR], salt=SALT)
        except signing.BadSignature:
            return []

    @cached_property
    def _binding(self) -> str:
        """Return a digest of all that a cursor depends on."""
        chosen = sorted((name, self.given[name]) for name in self.filters.base_filters if name in self.given)
        text = json.dumps([str(required_tenant_id()), self.resource, self.sort, chosen])
        return hashlib.sha256(text.encode()).hexdigest()[:16]
