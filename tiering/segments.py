"""In which segment a customer of the low tier, or of none, is: the rules, in their order; the first that holds counts.

The nightly statement is put together from them. `when` is SQL over a row of `known` (tiering.segment_statement);
days are the tenant's, and those of the last whole one count. Other rooms add what makes a customer hesitant by
`register_doubt`.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.enums import Segment

DOUBT_DAYS = 90
ONE_OFF_DAYS = 60
INACTIVE_DAYS = 90
NEW_DAYS = 30
MONTH_DAYS = 30
MOST_MONTHS = 6


@dataclass(frozen=True)
class SegmentRule:
    """One segment, the rule in words, and its condition."""

    segment: Segment
    words: str | Promise
    when: str


RULES = (
    SegmentRule(
        Segment.HESITANT,
        _("In the last 90 days it refused a shipment, or one of its requests was declined."),
        "is_doubting",
    ),
    SegmentRule(
        Segment.ONE_OFF,
        _("It has shipped once, and that was more than 60 days ago."),
        f"shipment_count = 1 and silent_days > {ONE_OFF_DAYS}",
    ),
    SegmentRule(
        Segment.INACTIVE,
        _("It has shipped before, and not in the last 90 days."),
        f"silent_days >= {INACTIVE_DAYS}",
    ),
    SegmentRule(
        Segment.POTENTIAL,
        _("It has not shipped yet, or for the first time in the last 30 days."),
        f"first_days is null or first_days < {NEW_DAYS}",
    ),
    SegmentRule(
        Segment.REGULAR,
        _("It shipped in more than half of the last six months of 30 days, or of those since its first shipment."),
        "months_shipped * 2 > months_known",
    ),
)
NO_RULE = _("Customers who ship now and then meet none of these rules and are in no segment.")

# Each a statement that gives the ids of customers who gave reason to doubt from %(doubt_start)s until %(end)s.
_doubts: dict[str, str] = {}


def register_doubt(name: str, statement: str) -> None:
    """Add what makes a customer hesitant; raises ValueError for a name that is taken."""
    if _doubts.setdefault(name, statement) != statement:
        raise ValueError(f"There is a doubt {name!r} already.")


def doubts() -> list[str]:
    """Return the statements of all doubts."""
    return list(_doubts.values())


REFUSED_SHIPMENT = """
    select customer_id from shipments_shipment
    where tenant_id = %(tenant)s::uuid and accepted_at >= %(doubt_start)s and accepted_at < %(end)s
        and exceptions @> array['refused']::varchar[]"""
DECLINED_REQUEST = """
    select customer_id from service_requests_servicerequest
    where tenant_id = %(tenant)s::uuid and closed_at >= %(doubt_start)s and closed_at < %(end)s
        and state = 'declined'"""
