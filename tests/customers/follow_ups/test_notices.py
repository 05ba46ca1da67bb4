"""Who is told that there is something to do."""

from datetime import timedelta

import pytest

from core.events.dispatching import work_off
from core.web.models import Notice
from core.web.notices import lines_of
from tests.customers.follow_ups.made import make_follow_up


@pytest.mark.parametrize(
    "case",
    [("hand", "supervisor", 1), ("partner", None, 1), ("hand", "agent", 0), ("bulk", "supervisor", 0)],
)
def test_assignee_is_told_of_what_somebody_else_asks(case, crew, tenant, now):
    origin, by_whom, count = case
    by = getattr(crew, by_whom) if by_whom else None
    follow_up = make_follow_up(at=now, subject="Call 13812345678", assignee=crew.agent, by=by, origin=origin)

    work_off(tenant_id=tenant.pk, now=lambda: now + timedelta(seconds=1))

    assert list(Notice.objects.values_list("user", "subject_id")) == [(crew.agent.pk, follow_up.pk)] * count
    for line in lines_of(Notice.objects.all()):
        assert line.words.text.startswith("You were given: Call ")
        assert "13812345678" not in line.words.text
