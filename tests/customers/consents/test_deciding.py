"""Whether somebody may be contacted: every reason, and who decides for whom."""

from datetime import UTC, datetime, timedelta

import pytest

from core.tenancy.clock import months_after
from customers.consents.deciding import may_contact
from customers.enums import ContactReason
from customers.models import Purpose
from customers.services import add_address, add_contact, erase_customer
from customers.services.erasure import ErasureReason
from customers.services.purposes import retire_purpose
from tests.customers.consents.said import GIVEN, WITHDRAWN, purpose_of, say

DAY = timedelta(days=1)


def reasons(customer, at, *, purpose="marketing", channel="sms", contact=None):
    decision = may_contact(customer=customer, purpose=purpose, channel=channel, contact=contact, at=at)
    return decision.is_allowed, [str(reason) for reason in decision.reasons]


def test_nobody_is_contacted_for_what_rests_on_consent_before_they_agreed(customer, now):
    assert reasons(customer, now) == (False, ["no_consent"])

    say(customer, GIVEN, at=now)

    assert reasons(customer, now) == (True, ["consented"])
    assert reasons(customer, now, channel="email") == (False, ["no_consent"])
    assert reasons(customer, now, purpose="care") == (False, ["no_consent"])


def test_withdrawing_stops_the_use_at_once(customer, now):
    say(customer, GIVEN, at=now)

    say(customer, WITHDRAWN, at=now + DAY)

    assert reasons(customer, now + DAY) == (False, ["withdrawn"])
    say(customer, GIVEN, at=now + 2 * DAY)
    assert reasons(customer, now + 2 * DAY) == (True, ["consented"])


def test_legitimate_interest_ends_with_an_objection(customer, now):
    assert reasons(customer, now, purpose="satisfaction") == (True, ["interest"])

    say(customer, WITHDRAWN, purpose="satisfaction", at=now)

    assert reasons(customer, now, purpose="satisfaction") == (False, ["opted_out"])
    assert reasons(customer, now, purpose="satisfaction", channel="phone") == (True, ["interest"])


def test_what_the_contract_needs_is_not_asked(customer, now):
    assert reasons(customer, now, purpose="service") == (True, ["contract"])


def test_all_reasons_are_told(customer, now):
    Purpose.objects.filter(key="marketing").update(channels=["phone"])

    assert reasons(customer, now, channel="wechat") == (False, ["unreachable", "not_covered", "no_consent"])
    assert reasons(customer, now, channel="visit") == (False, ["unreachable", "not_covered", "no_consent"])
    add_address(customer=customer, street="Dock Road 1", by=None, at=now)
    assert reasons(customer, now, channel="visit") == (False, ["not_covered", "no_consent"])


def test_purpose_that_is_retired_or_never_was(customer, supervisor, now):
    say(customer, GIVEN, at=now)
    retire_purpose(purpose=purpose_of(), by=supervisor, at=now)

    assert reasons(customer, now) == (False, ["not_in_use"])
    assert reasons(customer, now, purpose="nothing") == (False, ["not_in_use"])


def test_erased_customer_is_contacted_for_nothing(customer, supervisor, now):
    erase_customer(customer=customer, reason=ErasureReason.REQUEST, by=supervisor, at=now)
    customer.refresh_from_db()

    assert reasons(customer, now, purpose="service") == (False, ["erased"])


def test_consent_to_a_text_that_says_something_else_holds_no_longer(customer, now):
    say(customer, GIVEN, at=now)
    Purpose.objects.filter(key="marketing").update(text_version=2, valid_from=2)

    assert reasons(customer, now) == (False, ["text_changed"])
    say(customer, GIVEN, at=now + DAY)
    assert reasons(customer, now + DAY) == (True, ["consented"])


def test_consent_lapses(customer, now):
    Purpose.objects.filter(key="marketing").update(lapses_after_months=12)
    say(customer, GIVEN, at=now)

    assert reasons(customer, now.replace(year=2027) - DAY) == (True, ["consented"])
    assert reasons(customer, now.replace(year=2027)) == (False, ["lapsed"])


@pytest.mark.parametrize(
    ("moment", "months", "after"),
    [((2026, 1, 31), 1, (2026, 2, 28)), ((2026, 12, 15), 1, (2027, 1, 15)), ((2024, 2, 29), 12, (2025, 2, 28))],
)
def test_months_end_where_the_calendar_does(moment, months, after):
    assert months_after(datetime(*moment, tzinfo=UTC), months) == datetime(*after, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("whole", GIVEN)], (True, ["consented"])),
        ([("own", GIVEN)], (True, ["consented"])),
        ([("whole", GIVEN), ("own", WITHDRAWN)], (False, ["withdrawn"])),
        # Nobody's no is taken back by somebody else.
        ([("own", WITHDRAWN), ("whole", GIVEN)], (False, ["withdrawn"])),
        ([("own", GIVEN), ("whole", WITHDRAWN)], (False, ["withdrawn"])),
        ([("whole", WITHDRAWN), ("own", GIVEN)], (True, ["consented"])),
    ],
)
def test_contact_decides_for_themselves(customer, contact, said, expected, now):
    for days, (who, state) in enumerate(said):
        say(customer, state, contact=contact if who == "own" else None, at=now + days * DAY)

    assert reasons(customer, now + 9 * DAY, contact=contact) == expected


def test_contact_is_reached_by_its_own_points(customer, contact, now):
    other = add_contact(customer=customer, name="Li Na", at=now)
    say(customer, GIVEN, at=now)

    assert reasons(customer, now, contact=contact) == (True, ["consented"])
    assert reasons(customer, now, contact=other) == (False, ["unreachable"])


def test_it_asks_a_few_queries(customer, contact, now, django_assert_num_queries):
    say(customer, GIVEN, at=now)

    with django_assert_num_queries(3):
        decision = may_contact(customer=customer, purpose="marketing", channel="sms", contact=contact, at=now)

    assert decision.words == "Consent was given"
    assert decision.reasons == (ContactReason.CONSENTED,)
