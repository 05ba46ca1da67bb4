"""The writers of the tier and of the figures behind it on a customer's row; a merge carries them over besides."""

from datetime import date

from customers.enums import Tier
from customers.models import Customer

# One part of the evaluation's statement. It reads `placed` (id, new_tier, is_moved, contribution,
# shipment_count, new_lower_tier, new_lower_runs, new_lower_as_of) and touches only the
# rows in which something differs. The array lets an index find them, however few the planner expects.
WRITE_PLACED_CUSTOMERS = """
    update customers_customer c
    set tier = p.new_tier,
        tier_since = case when not p.is_moved then c.tier_since when p.new_tier is not null then %(as_of)s::date end,
        contribution = p.contribution,
        window_shipment_count = p.shipment_count,
        lower_tier = p.new_lower_tier,
        lower_runs = p.new_lower_runs,
        lower_as_of = p.new_lower_as_of,
        segment = case when p.new_tier is null or p.new_tier = 'low' then c.segment end
    from placed p
    where c.tenant_id = %(tenant)s::uuid
      and c.id = p.id
      and c.id = any (array(select id from placed))
      and (c.tier, c.contribution, c.window_shipment_count, c.lower_tier, c.lower_runs, c.lower_as_of)
        is distinct from
        (p.new_tier, p.contribution, p.shipment_count, p.new_lower_tier, p.new_lower_runs, p.new_lower_as_of)
"""


def place_by_hand(*, customer: Customer, tier: str, since: date) -> None:
    """Give a locked customer a tier and forget a demotion under way; above low it is in no segment."""
    customer.tier = tier
    customer.tier_since = since
    customer.lower_tier = None
    customer.lower_runs = 0
    customer.lower_as_of = None
    if tier != Tier.LOW:
        customer.segment = None
    customer.save(update_fields=["tier", "tier_since", "lower_tier", "lower_runs", "lower_as_of", "segment"])
