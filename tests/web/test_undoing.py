"""What one edit in place changed is put back by the notice's button: by its writer, once, and not over anybody else."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.audit.models import AuditEvent
from core.web.models import Undo
from core.web.undoing import KEEP, forget_undos, keep_undo
from customers.models import Customer, FollowUp
from customers.services import add_custom_field, change_customer, erase_customer
from customers.services.erasure import ErasureReason
from customers.services.follow_ups import open_follow_up
from tests.factories.customers import make_customer

HTMX = {"HTTP_HX_REQUEST": "true"}
BUTTON = re.compile(r'action="([^"]+)" data-guard data-undo>.*?name="undo" value="([^"]+)"', re.DOTALL)


@pytest.fixture
def customer(tenant, now):
    facts = {"region": "Bavaria", "special_needs": "Ring twice", "tags": ["fragile"]}
    return make_customer(at=now, number="N-1", company_name="Blue Kiln", **facts)


def url_of(customer, name):
    return f"{reverse('customers:update', args=[customer.pk])}?only={name}"


def changed(client, url, typed):
    """Change one fact in place; return where its undoing is posted to, and what is posted."""
    saved = client.post(url, {"version": 1, **typed}, **HTMX)
    page = client.get(saved.url, **HTMX).content.decode()
    [(place, undo_id)] = BUTTON.findall(page)
    return place.replace("&amp;", "&"), {"undo": undo_id}


@pytest.mark.parametrize(
    ("typed", "before"),
    [
        ({"region": "Kent"}, "Bavaria"),
        ({"industry": "Glass"}, ""),
        ({"tags": "new, other"}, ["fragile"]),
        ({"account_manager": "SUPERVISOR"}, None),
        ({"special_needs": "Ring once"}, "Ring twice"),
        ({"special_needs-remove": "on"}, "Ring twice"),
        ({"birthday": "1990-02-03"}, None),
    ],
)
def test_fact_is_put_back_by_its_service_with_a_line_in_the_trail(client_for, supervisor, customer, typed, before):
    [name] = [key.removesuffix("-remove") for key in typed]
    typed = {key: str(supervisor.pk) if value == "SUPERVISOR" else value for key, value in typed.items()}
    client = client_for(supervisor)
    place, sent = changed(client, url_of(customer, name), typed)
    assert getattr(Customer.objects.get(), name) != before

    response = client.post(place, sent, HTTP_REFERER="/customers/")

    stored = Customer.objects.get()
    assert response.url == "/customers/"
    assert (getattr(stored, name), stored.version) == (before, 3)
    assert [set(event.changes) for event in AuditEvent.objects.filter(action="customer.updated")] == [{name}, {name}]
    assert "as it was before" in client.get("/customers/").content.decode()
    assert Undo.objects.count() == 0


def test_fact_of_the_tenants_own_is_put_back(client_for, agent, administrator, customer, now):
    add_custom_field(key="dock", label="Dock", kind="number", choices=[], order=1, by=administrator, at=now)
    client = client_for(agent)
    place, sent = changed(client, url_of(customer, "custom_dock"), {"custom_dock": "7"})

    client.post(place, sent, HTTP_REFERER="/customers/")

    assert Customer.objects.get().custom_values == {}


def test_time_of_a_follow_up_is_put_back(client_for, agent, customer, now):
    due_at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    follow_up = open_follow_up(
        customer=customer, kind="call", subject="Ask", due_at=due_at, assignee=agent, by=agent, at=timezone.now()
    )
    client = client_for(agent)
    url = f"{reverse('customers:update_follow_up', args=[follow_up.pk])}?only=due_at"
    place, sent = changed(client, url, {"due_at": "2199-01-02T10:00"})
    assert FollowUp.objects.get().due_at != due_at

    client.post(place, sent, HTTP_REFERER="/customers/")

    assert FollowUp.objects.get().due_at == due_at


def test_what_was_changed_again_is_not_undone(client_for, agent, supervisor, customer, now):
    client = client_for(agent)
    place, sent = changed(client, url_of(customer, "region"), {"region": "Kent"})
    change_customer(customer=customer, changes={"region": "Rhine"}, by=supervisor, at=now)

    response = client.post(place, sent, HTTP_REFERER="/customers/")

    assert Customer.objects.get().region == "Rhine"
    assert "was changed again in the meantime" in client.get(response.url).content.decode()


def test_what_others_changed_beside_it_stays(client_for, agent, supervisor, customer, now):
    client = client_for(agent)
    place, sent = changed(client, url_of(customer, "region"), {"region": "Kent"})
    change_customer(customer=customer, changes={"industry": "Glass"}, by=supervisor, at=now)

    client.post(place, sent, HTTP_REFERER="/customers/")

    stored = Customer.objects.get()
    assert (stored.region, stored.industry) == ("Bavaria", "Glass")


def test_nothing_changed_offers_nothing_to_undo(client_for, agent, customer):
    client = client_for(agent)

    saved = client.post(url_of(customer, "region"), {"version": 1, "region": "Bavaria"}, **HTMX)

    assert "data-undo" not in client.get(saved.url, **HTMX).content.decode()
    assert Undo.objects.count() == 0


@pytest.mark.parametrize("other", ["somebody", "elsewhere", "twice", "late", "nonsense"])
def test_undoing_is_for_its_writer_at_its_place_once_and_soon(client_for, agent, supervisor, customer, other):
    client = client_for(agent)
    place, sent = changed(client, url_of(customer, "region"), {"region": "Kent"})
    if other == "somebody":
        client = client_for(supervisor)
    elif other == "elsewhere":
        place = url_of(customer, "industry")
    elif other == "twice":
        client.post(place, sent, HTTP_REFERER="/customers/")
        update_customer_region(customer, "Kent", agent)
    elif other == "late":
        Undo.objects.update(made_at=timezone.now() - KEEP - timedelta(seconds=1))
    else:
        sent = {"undo": "x"}

    response = client.post(place, sent, HTTP_REFERER="/customers/")

    assert Customer.objects.get().region == "Kent"
    assert "cannot be undone any more" in client.get(response.url).content.decode()


def update_customer_region(customer, region, by):
    change_customer(customer=customer, changes={"region": region}, by=by, at=timezone.now())


def test_who_may_not_edit_any_more_may_not_undo(client_for, agent, analyst, customer):
    place, sent = changed(client_for(agent), url_of(customer, "region"), {"region": "Kent"})

    assert client_for(analyst).post(place, sent).status_code == 403
    assert Customer.objects.get().region == "Kent"


def test_personal_value_stands_nowhere_in_clear(client_for, agent, customer):
    client = client_for(agent)
    place, _sent = changed(client, url_of(customer, "special_needs"), {"special_needs": "Ring once"})

    with connection.cursor() as cursor:
        cursor.execute("select content::text, place from web_undo")
        [(content, kept_place)] = cursor.fetchall()
    assert Undo.objects.get().content.count("Ring twice") == 1
    assert "Ring" not in content + kept_place + place
    assert "Ring" not in "".join(cookie.value for cookie in client.cookies.values())


def test_old_ones_are_forgotten(agent, customer, now):
    for at in (now - KEEP - timedelta(minutes=1), now):
        Undo.objects.create(user=agent, place="/x/", subject_id=customer.pk, content="{}", made_at=at)

    assert forget_undos(business_date=now.date(), at=now) == {"undos": 1}
    keep_undo(user=agent, place="/y/", subject_id=customer.pk, before={}, at=now + KEEP + timedelta(minutes=1))
    assert [each.place for each in Undo.objects.all()] == ["/y/"]


def test_erasure_takes_away_what_could_be_undone(client_for, agent, administrator, customer, now):
    changed(client_for(agent), url_of(customer, "special_needs"), {"special_needs": "Ring once"})

    erase_customer(customer=customer, reason=ErasureReason.choices[0][0], by=administrator, at=now)

    assert Undo.objects.count() == 0
