"""Who of the archive somebody may be whose archive is about to be opened: said before, and refused to nobody."""

from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.http import HttpResponse

from core.tenancy.ids import uuid7
from core.web.records import DraftedFormView
from customers.duplicates import Match, Newcomer, find_alike
from customers.models import Customer

MOST_SHOWN = 5
# The button that opens the archive nevertheless; its value is the ids of who was shown.
ANYWAY = "create_anyway"


@dataclass(frozen=True)
class Alike:
    """A customer that a newcomer may be, and what speaks for it."""

    customer: Customer
    match: Match


def alike_to(newcomer: Newcomer) -> list[Alike]:
    """Return the likeliest customers that a newcomer may be; nine queries."""
    [hits] = find_alike({uuid7(): newcomer}).values() or [[]]
    matches = dict(hits[:MOST_SHOWN])
    customers = {each.number: each for each in Customer.objects.filter(number__in=matches)}
    return [Alike(customers[number], match) for number, match in matches.items() if number in customers]


class AsksWhoItIs(DraftedFormView):
    """A form that opens an archive: who of those that stand there it may be is shown first, to be opened instead.

    The form says of its `newcomer` what is compared. It is saved where nobody is alike, or by a button that names
    everybody who is: what was typed anew meanwhile is asked of anew.
    """

    def form_valid(self, form: BaseForm) -> HttpResponse:
        alike = alike_to(form.newcomer)
        shown = set(self.request.POST.get(ANYWAY, "").split(","))
        if shown.issuperset(str(each.customer.pk) for each in alike):
            return super().form_valid(form)
        return self.render_to_response(self.get_context_data(form=form, alike=alike), status=422)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        ids = ",".join(str(each.customer.pk) for each in context.get("alike", ()))
        return super().get_context_data(shown_ids=ids, **context)
