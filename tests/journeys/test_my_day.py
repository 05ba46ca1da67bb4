"""My day in a browser: every step is one key, the choice stays where it was, and nothing needs a mouse."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import Customer, FollowUp
from tests.customers.follow_ups.made import make_follow_up
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SUBJECTS = [f"Call number {number}" for number in range(6)]


def chosen(page: Page):
    return page.locator("#day .day-row.is-chosen .row-title")


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, {"width": 390, "height": 844}])
def test_day_is_worked_off_by_single_keys(page_of, viewport):
    now = timezone.now()
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        user, heir = (make_user(role=Role.ACCOUNT_MANAGER, at=now) for _ in range(2))
        customer = make_customer(at=now, number="C-1", company_name="Kingsway", account_manager=user)
        Customer.objects.filter(pk=customer.pk).update(tier="vip")
        for number, subject in enumerate(SUBJECTS):
            due_in = timedelta(minutes=number - 60)
            make_follow_up(at=now, customer=customer, subject=subject, assignee=user, due_in=due_in, is_promised=True)
    page = page_of(user, viewport=viewport)

    page.goto("/")
    expect(page).to_have_title("My day · Courier CRM")
    rows = page.locator("#day .day-row")
    expect(rows).to_have_count(6)
    page.keyboard.press("j")
    expect(chosen(page)).to_have_text(SUBJECTS[0])
    page.keyboard.press("d")
    expect(rows).to_have_count(5)
    expect(chosen(page)).to_have_text(SUBJECTS[1])
    page.keyboard.press("z")
    expect(rows).to_have_count(4)
    expect(chosen(page)).to_have_text(SUBJECTS[2])
    page.keyboard.press("r")
    expect(rows).to_have_count(3)
    expect(chosen(page)).to_have_text(SUBJECTS[3])
    page.keyboard.press("h")
    page.locator(".day-form #id_assignee").select_option(str(heir.pk))
    page.locator(".day-form button[type=submit]").press("Enter")
    expect(rows).to_have_count(2)
    # A form loads the page anew, and keys do nothing before the scripts are there.
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.locator(".day-form #id_outcome").fill("Not wanted any more")
    page.locator(".day-form button[type=submit]").press("Enter")
    expect(rows).to_have_count(1)
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#page-title")).to_have_text(SUBJECTS[5])
    page.wait_for_load_state()
    page.keyboard.press("d")
    page.locator("#id_outcome").fill("They were content")
    page.locator("#form button[type=submit]").click()
    expect(page.locator("#page-title")).to_have_text(SUBJECTS[5])
    page.goto(f"/customers/{customer.pk}/")
    page.keyboard.press("f")
    expect(page.locator("#id_subject")).to_be_focused()

    with tenant_scope(tenant):
        check_what_became(user, heir, now)


def check_what_became(user, heir, now):
    by_subject = {each.subject: each for each in FollowUp.objects.all()}
    found = [by_subject[subject] for subject in SUBJECTS]
    assert [each.state for each in found] == ["done", "open", "open", "open", "cancelled", "done"]
    assert [each.assignee_id for each in found] == [user.pk, user.pk, user.pk, heir.pk, user.pk, user.pk]
    assert found[1].snoozed_until > now
    assert found[2].due_at > now
    assert (found[4].outcome, found[5].outcome) == ("Not wanted any more", "They were content")


def test_step_that_was_a_mistake_is_taken_back(page_of):
    now = timezone.now()
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        user = make_user(role=Role.AGENT, at=now)
        make_follow_up(at=now, subject="By mistake", assignee=user, due_in=timedelta(minutes=-5))
    page = page_of(user)
    page.goto("/my-day/")

    page.keyboard.press("d")
    page.get_by_role("button", name="Open again").click()

    expect(page.locator("#day .day-row")).to_have_count(1)
