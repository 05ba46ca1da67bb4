from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from behaviour.enums import BehaviourKind
from core.web.lists import Filter
from core.web.lists.filters import Cleaned

ANY_WISH = "any"


@dataclass(kw_only=True)
class WishFilter(Filter):
    """Who asked for a quote or left a basket and has shipped nothing since."""

    wishes: ClassVar[dict[str, tuple[str | Promise, str]]] = {
        ANY_WISH: (_("Quote asked or basket left, nothing shipped since"), "last_wish_at"),
        str(BehaviourKind.QUOTE): (_("Quote asked, nothing shipped since"), "last_quote_at"),
        str(BehaviourKind.BASKET): (_("Basket left, nothing shipped since"), "last_basket_at"),
    }

    def form_fields(self) -> dict[str, forms.Field]:
        choices = [("", _("Any")), *((value, label) for value, (label, _column) in self.wishes.items())]
        return {self.name: forms.ChoiceField(label=self.label, required=False, choices=choices)}

    def apply(self, rows: QuerySet[Any], cleaned: Cleaned, zone: str) -> QuerySet[Any]:
        wish = cleaned.get(self.name)
        if not wish:
            return rows
        _label, column = self.wishes[wish]
        never = Q(customer__last_shipment_at=None, **{f"{column}__isnull": False})
        return rows.filter(never | Q(**{f"{column}__gt": F("customer__last_shipment_at")}))

    def chip(self, cleaned: Cleaned, currency: str) -> str:
        wish = cleaned.get(self.name)
        return str(self.wishes[wish][0]) if wish else ""
