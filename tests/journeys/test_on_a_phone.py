"""What an account manager needs at a client's desk: a customer's page at a glance, figures that stay whole."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.accounts.enums import Role
from core.tenancy.scope import tenant_scope
from customers.models import ContactPoint
from customers.services import NewContactPoint, add_contact, record_interaction
from customers.services.preferences import make_preference_link, preference_token
from lifecycle.models import LeadSource
from lifecycle.services import update_source
from tests.factories.accounts import make_tenant, make_user
from tests.factories.customers import make_customer
from tests.factories.lifecycle import make_lead

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}
MILLISECONDS_TO_GLIDE = 1500
TOPS = """() => ["contacts", "panel-follow_ups", "timeline", "facts"].map(
  (id) => document.getElementById(id).getBoundingClientRect().top)"""
# How many lines the words of an element take.
LINES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return new Set([...range.getClientRects()].filter((each) => each.width).map((each) => Math.round(each.bottom))).size;
}"""


def test_timeline_of_a_customer_is_one_tap_away(page_of, now):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        agent = make_user(role=Role.AGENT, at=now)
        customer = make_customer(number="K-1", company_name="Kingsway", at=now)
        for minute in range(5):
            at = now + timedelta(minutes=minute)
            record_interaction(customer=customer, kind="note", text="Said", by=agent, at=at)
    page = page_of(agent, viewport=PHONE)
    page.goto(f"/customers/{customer.pk}/")
    bar = page.locator(".record-jump")

    assert page.evaluate(TOPS) == sorted(page.evaluate(TOPS))
    page.get_by_role("link", name="Timeline", exact=True).click()

    # The page glides there.
    page.wait_for_timeout(MILLISECONDS_TO_GLIDE)
    expect(page.locator("#timeline-entries li.event").first).to_be_in_viewport()
    expect(bar).to_be_in_viewport()
    top = page.locator("#timeline-entries").bounding_box()["y"]
    beneath = bar.bounding_box()["y"] + bar.bounding_box()["height"]
    assert beneath - 2 <= top <= beneath + 40
    for link in bar.locator("a").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    wide = page_of(agent, viewport={"width": 1440, "height": 900})
    wide.goto(f"/customers/{customer.pk}/")
    expect(wide.locator(".record-jump")).to_be_hidden()


@pytest.mark.parametrize("width", [1440, 390])
def test_figures_of_the_acquisition_report_are_never_broken(page_of, now, width):
    with tenant_scope(make_tenant(slug="swift", at=now)):
        supervisor = make_user(role=Role.SUPERVISOR, at=now)
        source = LeadSource.objects.first()
        update_source(
            source=source,
            version=source.version,
            name_zh=source.name_zh,
            name_en=source.name_en,
            amount=Decimal("12345678.90"),
            from_month=now.date().replace(day=1),
            by=supervisor,
            at=now,
        )
        make_lead(source=source, at=now)
    page = page_of(supervisor, viewport={"width": width, "height": 900})
    month = now.strftime("%Y-%m")
    page.goto(f"/leads/report/?first={month}&last={month}")

    figures = page.locator(".stat-value, .figures-table td.number")
    assert figures.count() > 6
    for figure in figures.all():
        assert figure.evaluate(LINES) == 1
    for figure in page.locator(".stat-value").all():
        assert figure.evaluate("(each) => each.scrollWidth <= each.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_holder_of_a_link_opts_out_of_one_number(page_of, now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        customer = make_customer(number="K-1", at=now)
        points = [NewContactPoint(kind="phone", value="+8613800138000")]
        add_contact(customer=customer, name="Lin Mei", points=points, at=now)
        link = make_preference_link(customer=customer, by=None, at=timezone.now())
        address = f"/choices/swift/{preference_token(link)}/"
    page = page_of(None, viewport=PHONE)
    page.goto(address)

    page.get_by_role("button", name="Do not use it any more").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    expect(page.locator(".own-point")).to_contain_text("Not used")

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    with tenant_scope(tenant):
        assert ContactPoint.objects.get().opted_out_how == "link"
