"""List pages: declared filters and sorts in the URL, keyset paging, capped totals."""

from core.web.lists.columns import Column, ColumnKind
from core.web.lists.filters import (
    BooleanFilter,
    ChoiceFilter,
    DateRangeFilter,
    Filter,
    GroupFilter,
    HandsFilter,
    MoneyRangeFilter,
    PrefixFilter,
    RecordFilter,
    RuleFilter,
    UserFilter,
)
from core.web.lists.page import Chip, ListPage, Sort
from core.web.lists.views import ListView

__all__ = [
    "BooleanFilter",
    "Chip",
    "ChoiceFilter",
    "Column",
    "ColumnKind",
    "DateRangeFilter",
    "Filter",
    "GroupFilter",
    "HandsFilter",
    "ListPage",
    "ListView",
    "MoneyRangeFilter",
    "PrefixFilter",
    "RecordFilter",
    "RuleFilter",
    "Sort",
    "UserFilter",
]
