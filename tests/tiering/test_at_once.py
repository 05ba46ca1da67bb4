"""Several at a time, with real commits: evaluations, people and the beats and workers of the night."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest

from core.accounts.enums import Role
from core.events.models import OutboxEvent
from core.jobs.enums import JobState
from core.jobs.models import JobRun
from core.jobs.services import due_runs, perform_run, plan_nightly_work
from core.tenancy.models import Tenant
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from tests.factories.accounts import make_tenant, make_user
from tests.factories.at_once import wait_until_waiting
from tests.factories.tiering import make_shipped, set_override
from tiering.models import TierChange
from tiering.services import evaluate_tiers
from tiering.turns import wait_for_turn

pytestmark = pytest.mark.django_db(transaction=True)

AS_OF = date(2026, 3, 1)
IN_WINDOW = datetime(2026, 2, 20, 4, tzinfo=UTC)
LONG_AGO = datetime(2024, 5, 1, 4, tzinfo=UTC)


@pytest.fixture
def swift(now: datetime) -> Tenant:
    return make_tenant(slug="swift", at=now)


@pytest.fixture
def rival(now: datetime) -> Tenant:
    return make_tenant(slug="rival", at=now)


@contextmanager
def turn_taken(tenant: Tenant) -> Iterator[None]:
    """Hold the tenant's tiers, as an evaluation that takes long would."""
    with tenant_scope(tenant):
        wait_for_turn()
        yield


def evaluate(*, tenant: Tenant, as_of: date, at: datetime) -> int:
    with tenant_scope(tenant):
        return len(evaluate_tiers(as_of=as_of, at=at).moves)


def histories() -> list[tuple[str, str | None, str]]:
    moves = TierChange.objects.values_list("customer__number", "from_tier", "to_tier")
    return sorted(moves, key=lambda move: (move[0], move[1] or ""))


def test_two_evaluations_at_once_have_one_effect(swift, rival, now, others):
    with tenant_scope(rival):
        make_shipped("theirs", (IN_WINDOW, "5"), at=now)
    with tenant_scope(swift):
        make_shipped("a", (IN_WINDOW, "50"), at=now)
        make_shipped("b", (IN_WINDOW, "40"), at=now)

    with turn_taken(swift):
        both = [others(evaluate, tenant=swift, as_of=AS_OF, at=now) for _ in range(2)]
        wait_until_waiting(2, for_lock="advisory")
    moves = sorted(future.result(timeout=30) for future in both)

    assert moves == [0, 2]
    with tenant_scope(swift):
        assert histories() == [("a", None, "vip"), ("b", None, "low")]
        assert OutboxEvent.objects.filter(name="customer.tier_changed").count() == 2
    with tenant_scope(rival):
        assert Customer.objects.get().tier is None
        assert histories() == []


def test_two_evaluations_at_once_count_a_demotion_once(swift, now, others):
    with tenant_scope(swift):
        make_shipped("old", (IN_WINDOW, "50"), at=now)
        make_shipped("new", (LONG_AGO, "1"), (datetime(2026, 3, 2, 4, tzinfo=UTC), "99"), at=now)
        evaluate_tiers(as_of=AS_OF, at=now)

    with turn_taken(swift):
        both = [others(evaluate, tenant=swift, as_of=AS_OF + timedelta(days=1), at=now) for _ in range(2)]
        wait_until_waiting(2, for_lock="advisory")
    moves = sorted(future.result(timeout=30) for future in both)

    assert moves == [0, 1]
    with tenant_scope(swift):
        old = Customer.objects.get(number="old")
        assert (old.tier, old.lower_tier, old.lower_runs) == ("vip", "low", 1)


def test_tier_set_by_hand_while_an_evaluation_runs_holds(swift, now, others):
    with tenant_scope(swift):
        supervisor = make_user(role=Role.SUPERVISOR, at=now)
        make_shipped("first", (IN_WINDOW, "50"), at=now)
        held = make_shipped("held", (IN_WINDOW, "40"), at=now)

    def set_by_hand() -> None:
        with tenant_scope(swift):
            set_override(customer=held, tier="vip", reason="Contract", expires_on=None, by=supervisor, at=now)

    with tenant_scope(swift):
        # The evaluation has looked at everybody and waits for this row when the tier is set.
        Customer.objects.select_for_update(of=("self",)).get(number="first")
        evaluation = others(evaluate, tenant=swift, as_of=AS_OF, at=now)
        wait_until_waiting(1, for_lock="transactionid")
        override = others(set_by_hand)
        wait_until_waiting(1, for_lock="advisory")
    evaluation.result(timeout=30)
    override.result(timeout=30)

    with tenant_scope(swift):
        assert histories() == [("first", None, "vip"), ("held", None, "low"), ("held", "low", "vip")]
        evaluate_tiers(as_of=AS_OF + timedelta(days=1), at=now)
        assert dict(Customer.objects.values_list("number", "tier")) == {"first": "vip", "held": "vip"}


def test_two_beats_plan_a_night_once_and_two_workers_do_it_once(swift, rival, others):
    two_in_shanghai = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
    with tenant_scope(swift):
        make_shipped("a", (IN_WINDOW, "50"), at=two_in_shanghai)

    def plan() -> int:
        with tenant_scope(swift):
            return plan_nightly_work(at=two_in_shanghai)

    for beat in [others(plan) for _ in range(4)]:
        beat.result(timeout=30)
    with tenant_scope(swift):
        runs = list(JobRun.objects.filter(job="tiering.evaluate"))
        due = due_runs(at=two_in_shanghai)
    assert [run.business_date for run in runs] == [date(2026, 3, 2)]

    workers = [
        others(perform_run, tenant_id=swift.pk, run_id=run_id, at=two_in_shanghai) for run_id in due for _ in range(4)
    ]
    done = [worker.result(timeout=30) for worker in workers]

    assert done.count(True) == len(due)
    with tenant_scope(swift):
        run = JobRun.objects.get(job="tiering.evaluate")
        assert (run.state, run.attempts, run.result["moves"]) == (JobState.DONE, 1, 1)
        assert histories() == [("a", None, "vip")]
    with tenant_scope(rival):
        assert JobRun.objects.count() == 0


@pytest.mark.parametrize(
    ("zone", "before", "at"),
    [
        ("Asia/Shanghai", "2026-03-07T17:59:59", "2026-03-07T18:00:00"),
        ("America/Sao_Paulo", "2026-03-08T04:59:59", "2026-03-08T05:00:00"),
        # The clock goes from 2 to 3: the night's work comes with the first instant after.
        ("America/New_York", "2026-03-08T06:59:59", "2026-03-08T07:00:00"),
    ],
)
def test_night_begins_at_two_of_the_tenants_clock(now, zone, before, at):
    tenant = make_tenant(slug="swift", at=now, time_zone=zone)

    def planned(text: str) -> list[date]:
        with tenant_scope(tenant):
            plan_nightly_work(at=datetime.fromisoformat(text).replace(tzinfo=UTC))
            return list(JobRun.objects.filter(job="tiering.evaluate").values_list("business_date", flat=True))

    assert planned(before) == []
    assert planned(at) == [date(2026, 3, 8)]
    assert planned(at) == [date(2026, 3, 8)]
