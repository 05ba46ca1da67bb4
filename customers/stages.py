"""The writers of the stage on a customer's row; a merge carries it over besides."""

from datetime import date

from customers.models import Customer

# One part of the evaluation's statement. It reads `moved` (id, stage, new_stage) and leaves whoever was moved
# by somebody else meanwhile.
WRITE_MOVED_CUSTOMERS = """
    update customers_customer c
    set stage = m.new_stage, stage_since = %(as_of)s::date, stage_held_until = null
    from moved m
    where c.tenant_id = %(tenant)s::uuid
      and c.id = m.id
      and c.id = any (array(select id from moved))
      and c.stage = m.stage
"""


def place_in_stage(*, customer: Customer, stage: str, since: date, held_until: date | None = None) -> None:
    """Put a locked customer into a stage, which rules leave alone through `held_until`."""
    customer.stage = stage
    customer.stage_since = since
    customer.stage_held_until = held_until
    customer.save(update_fields=["stage", "stage_since", "stage_held_until"])
