"""The only writer of the segment on a customer's row."""

# One part of the evaluation's statement. It reads `changed` (id, new_segment), in which are only those that differ.
WRITE_SEGMENTS = """
    update customers_customer c
    set segment = s.new_segment
    from changed s
    where c.tenant_id = %(tenant)s::uuid
      and c.id = s.id
      and c.id = any (array(select id from changed))
      and c.segment is distinct from s.new_segment
"""
