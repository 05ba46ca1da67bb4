"""The timeline: what is written down of a customer, who may do so, and what pages hide of it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from core.crypto.masking import mask_text
from core.events.models import OutboxEvent
from customers import timeline
from customers.enums import Direction, InteractionKind
from customers.models import Interaction
from customers.services import (
    ContactOfAnother,
    InteractionGone,
    NothingSaid,
    NotYetHappened,
    TextTooLong,
    add_contact,
    erase_customer,
    record_interaction,
    remove_contact,
    remove_interaction,
    tell_in_timeline,
)
from tests.factories.accounts import inside, make_user
from tests.factories.customers import make_customer

LIST_QUERIES = 11
SAID = {"kind": InteractionKind.CALL, "direction": Direction.INBOUND, "text": "Asked for a pickup on Monday."}


@pytest.fixture
def customer(tenant, now):
    return make_customer(at=now)


@pytest.fixture
def said(customer, agent, now):
    return record_interaction(customer=customer, **SAID, by=agent, at=now)


@pytest.fixture
def privacy_officer(tenant, now):
    return make_user(role=Role.PRIVACY_OFFICER, at=now)


@pytest.fixture
def words(monkeypatch):
    """A kind of entry that nobody else registers."""
    monkeypatch.setattr(timeline, "_entries", dict(timeline._entries))
    timeline.register("test.moved", icon="star", label="Moved", words=lambda facts: f"{facts['from']} → {facts['to']}")


def url_of(customer, name="record_interaction"):
    return reverse(f"customers:{name}", args=[customer.pk])


def typed(**facts):
    return {f"interaction-{name}": value for name, value in {**SAID, **facts}.items()}


def test_record_interaction_keeps_who_said_what_and_tells_it(customer, agent, now):
    contact = add_contact(customer=customer, name="李小龙", at=now)

    kept = record_interaction(
        customer=customer, **SAID, contact=contact, happened_at=now - timedelta(hours=1), by=agent, at=now
    )

    stored = Interaction.objects.get()
    assert (stored.kind, stored.direction, stored.text) == ("call", "inbound", SAID["text"])
    assert (stored.contact, stored.recorded_by, stored.recorded_at) == (contact, agent, now)
    assert stored.happened_at == now - timedelta(hours=1)
    event = OutboxEvent.objects.get(name="interaction.created")
    assert (event.subject_id, event.payload) == (
        kept.pk,
        {"customer_id": str(customer.pk), "kind": "call", "direction": "inbound"},
    )
    trail = AuditEvent.objects.get(action="interaction.recorded")
    assert (trail.subject_id, trail.details) == (kept.pk, {"how": "call", "direction": "inbound"})


def test_a_note_has_no_direction(customer, agent, now):
    kept = record_interaction(customer=customer, **{**SAID, "kind": InteractionKind.NOTE}, by=agent, at=now)

    assert kept.direction == ""


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"text": "  \n "}, NothingSaid),
        ({"text": "x" * 5001}, TextTooLong),
        ({"happened_at": timedelta(minutes=6)}, NotYetHappened),
    ],
)
def test_record_interaction_that_cannot_be_keeps_nothing(facts, refusal, customer, agent, now):
    if "happened_at" in facts:
        facts = {"happened_at": now + facts["happened_at"]}

    with pytest.raises(refusal):
        record_interaction(customer=customer, **{**SAID, **facts}, by=agent, at=now)

    assert Interaction.objects.count() == 0


def test_the_contact_of_another_customer_is_refused(customer, agent, now):
    stranger = add_contact(customer=make_customer(at=now), name="Ann Lee", at=now)

    with pytest.raises(ContactOfAnother):
        record_interaction(customer=customer, **SAID, contact=stranger, by=agent, at=now)

    assert Interaction.objects.count() == 0


def test_the_same_source_is_kept_once(customer, now):
    first = record_interaction(customer=customer, **SAID, source="partner:7", at=now)

    again = record_interaction(customer=customer, **{**SAID, "text": "Another text"}, source="partner:7", at=now)

    assert again == first
    assert Interaction.objects.get().text == SAID["text"]
    assert OutboxEvent.objects.filter(name="interaction.created").count() == 1


def test_the_database_keeps_a_source_once(customer, now):
    facts = {"customer": customer, "kind": "note", "happened_at": now, "recorded_at": now, "source": "partner:7"}
    Interaction.objects.create(**facts)

    with pytest.raises(IntegrityError, match="interaction_source_once"), transaction.atomic():
        Interaction.objects.create(**facts)

    assert Interaction.objects.count() == 1


def test_what_the_system_tells_is_told_once_and_in_words(customer, words, now):
    facts = {"customer": customer, "code": "test.moved", "parameters": {"from": "low", "to": "VIP"}}
    for _again in range(2):
        tell_in_timeline(**facts, source="event:1", happened_at=now, at=now)

    entry = timeline.entries([Interaction.objects.get()], names=())[0]
    assert (entry.title, entry.text, entry.icon, entry.is_masked) == ("Moved", "low → VIP", "star", False)


def test_the_system_tells_nothing_that_has_no_words(customer, now):
    with pytest.raises(KeyError):
        tell_in_timeline(customer=customer, code="test.unknown", parameters={}, source="1", happened_at=now, at=now)

    assert Interaction.objects.count() == 0


def test_page_writes_down_and_answers_with_the_timeline_alone(client_for, agent, customer):
    headers = {"HX-Request": "true", "HX-Target": "timeline"}

    answer = client_for(agent).post(url_of(customer), typed(), headers=headers)

    body = answer.content.decode()
    assert answer.status_code == 200
    assert body.startswith('<section class="card mb-3" id="timeline"')
    assert SAID["text"] in body
    assert Interaction.objects.get().recorded_by == agent


def test_page_without_scripts_leads_back_to_the_customer(client_for, agent, customer):
    answer = client_for(agent).post(url_of(customer), typed())

    assert answer.url == reverse("customers:detail", args=[customer.pk])
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "timeline"}])
def test_page_refuses_beside_the_field_and_keeps_what_was_typed(headers, client_for, agent, customer):
    data = typed(text="Spoke of Monday.", kind="telegram")

    answer = client_for(agent).post(url_of(customer), data, headers=headers)

    assert answer.status_code == 422
    assert "Spoke of Monday." in answer.content.decode()
    assert Interaction.objects.count() == 0


def test_page_refuses_the_future(client_for, agent, customer):
    answer = client_for(agent).post(url_of(customer), typed(happened_at="2190-01-01T08:00"))

    assert answer.status_code == 422
    assert "This time lies in the future" in answer.content.decode()
    assert Interaction.objects.count() == 0


def test_page_keeps_the_contact_that_was_chosen(client_for, agent, customer, now):
    contact = add_contact(customer=customer, name="Ann Lee", at=now)

    client_for(agent).post(url_of(customer), typed(contact=str(contact.pk)))

    assert Interaction.objects.get().contact == contact


def test_who_may_not_write_down_changes_nothing(client_for, customer, privacy_officer):
    answer = client_for(privacy_officer).post(url_of(customer), typed())

    assert answer.status_code == 403
    assert Interaction.objects.count() == 0


def test_texts_hide_numbers_mails_and_names(client_for, agent, customer, now):
    add_contact(customer=customer, name="李小龙", at=now)
    text = "李小龙: 138 1234 5678, lee@lung.example, order 123456"
    kept = record_interaction(customer=customer, **{**SAID, "text": text}, by=agent, at=now)

    body = client_for(agent).get(reverse("customers:detail", args=[customer.pk])).content.decode()

    assert all(hidden not in body for hidden in ("李小龙", "1234 5678", "lee@lung"))
    assert "order 123456" in body
    assert reverse("console:reveal", args=["interaction", kept.pk]) in body


def test_reveal_shows_the_whole_text(client_for, agent, customer, now):
    kept = record_interaction(customer=customer, **{**SAID, "text": "Call 13812345678"}, by=agent, at=now)

    answer = client_for(agent).post(f"/reveal/interaction/{kept.pk}/", {"reason": "callback", "note": "asked"})

    assert "Call 13812345678" in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ring +86 138-1234-5678 now", "Ring +86*******5678 now"),
        ("手机１３８１２３４５６７８", "手机１******５６７８"),
        ("mail me at a.b@example.com.", "mail me at a***@example.com."),
        ("waybill SF123456 of 2026-03-02", "waybill SF123456 of 2026-03-02"),
        ("waybill SF1234567890123, 2026-3-2 14:00", "waybill SF1234567890123, 2026-3-2 14:00"),
        ("TEL13812345678", "TEL1******5678"),
        ("138.1234.5678/010 6234 5678", "1******5678/0******5678"),
        ("王伟 said yes", "王* said yes"),
        ("ANN LEE called", "A****e called"),
    ],
)
def test_mask_text(text, shown):
    assert mask_text(text, ["王伟", "Ann Lee", "a slip\\"]) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Contract 2026001001, 0755-8888 9999", "Contract 2026001001, 0755-8888 9999"),
        ("ring 138 1234 5678", "ring 1******5678"),
        ("ring 0086 138-1234-5678", "ring 008********5678"),
        ("手机１３８１２３４５６７８", "手机１******５６７８"),
        ("write to A.B@example.com.", "write to A***@example.com."),
        ("write to us@swift.example", "write to us@swift.example"),
    ],
)
def test_mask_text_of_known_points(text, shown):
    assert mask_text(text, points=["+8613812345678", "a.b@example.com", "wx_lin"]) == shown


@pytest.mark.parametrize("rows", [3, 300])
def test_timeline_asks_the_same_number_of_queries(rows, client_for, said, now, django_assert_num_queries):
    customer, agent = said.customer, said.recorded_by
    contact = add_contact(customer=customer, name="Ann Lee", at=now)
    for minute in range(1, rows):
        record_interaction(customer=customer, **SAID, contact=contact, by=agent, at=now + timedelta(minutes=minute))
    client = client_for(agent)
    client.get(url_of(customer, "interactions"))

    with django_assert_num_queries(LIST_QUERIES):
        answer = client.get(url_of(customer, "interactions"))

    assert len(answer.context["rows"]) == min(rows, 50)


def test_timeline_filters(client_for, agent, supervisor, customer, now):
    record_interaction(customer=customer, **SAID, by=agent, at=now)
    note = record_interaction(customer=customer, kind="note", text="VIP soon", by=supervisor, at=now)
    client = client_for(agent)

    def shown(**params):
        return list(client.get(url_of(customer, "interactions"), params).context["rows"])

    assert shown(kind="note") == [note]
    assert shown(recorded_by=str(supervisor.pk)) == [note]
    assert [row.kind for row in shown(direction="inbound")] == ["call"]
    assert len(shown(happened_from="2026-03-02", happened_to="2026-03-02")) == 2
    assert shown(happened_from="2026-03-03") == []


def test_timeline_is_filtered_by_the_person_it_was_said_to(client_for, agent, customer, now):
    contact, other = (add_contact(customer=customer, name=name, at=now) for name in ("Zhang Wei", "Li Na"))
    stranger = add_contact(customer=make_customer(at=now), name="Wu Mei", at=now)
    said = record_interaction(customer=customer, **SAID, contact=contact, by=agent, at=now)
    record_interaction(customer=customer, **SAID, contact=other, by=agent, at=now)
    unsaid = record_interaction(customer=customer, **SAID, by=agent, at=now)
    client = client_for(agent)

    def shown(**params):
        return client.get(url_of(customer, "interactions"), params)

    with_person = shown(contact=str(contact.pk))
    assert list(with_person.context["rows"]) == [said]
    assert list(shown(contact="none").context["rows"]) == [unsaid]
    assert shown(contact=str(stranger.pk)).status_code == 422
    assert "Z****i" in with_person.content.decode()
    assert "Zhang Wei" not in with_person.content.decode()


def test_page_of_the_customer_filters_its_timeline_in_place(client_for, agent, customer, now):
    record_interaction(customer=customer, **SAID, by=agent, at=now)
    record_interaction(customer=customer, kind="note", text="VIP soon", by=agent, at=now)
    in_page = {"HX-Request": "true", "HX-Target": "timeline-entries"}
    client = client_for(agent)

    page = client.get(reverse("customers:detail", args=[customer.pk])).content.decode()
    notes = client.get(url_of(customer, "interactions"), {"kind": "note"}, headers=in_page).content.decode()
    none = client.get(url_of(customer, "interactions"), {"kind": "visit"}, headers=in_page).content.decode()

    assert f'hx-get="{url_of(customer, "interactions")}"' in page
    assert notes.startswith('<div class="card-body" id="timeline-entries">')
    assert "VIP soon" in notes
    assert SAID["text"] not in notes
    assert "No entry matches these filters" in none


def test_address_of_the_customers_page_says_how_its_timeline_is_filtered(client_for, agent, customer, now):
    record_interaction(customer=customer, **SAID, by=agent, at=now)
    record_interaction(customer=customer, kind="note", text="VIP soon", by=agent, at=now)
    page = reverse("customers:detail", args=[customer.pk])
    client = client_for(agent)

    def pushed(asked, at):
        headers = {"HX-Request": "true", "HX-Target": "timeline-entries", "HX-Current-URL": f"http://testserver{at}"}
        return client.get(url_of(customer, "interactions"), asked, headers=headers).headers.get("HX-Push-Url")

    opened = client.get(page, {"kind": "note", "cursor": "x", "nothing": "1"}).content.decode()

    assert pushed({"kind": "note", "direction": ""}, page) == f"{page}?kind=note"
    assert pushed({}, f"{page}?kind=note") == page
    assert pushed({"kind": "note"}, reverse("customers:list")) is None
    assert "VIP soon" in opened
    assert SAID["text"] not in opened
    assert '<option value="note" selected>' in opened


def test_page_of_the_customer_goes_on_where_its_timeline_ends(client_for, agent, customer, now):
    for minute in range(25):
        text = f"Entry {minute:02}."
        record_interaction(customer=customer, kind="note", text=text, by=agent, at=now + timedelta(minutes=minute))
    client = client_for(agent)

    page = client.get(reverse("customers:detail", args=[customer.pk]))
    more = client.get(page.context["timeline"].more_url, headers={"HX-Request": "true", "HX-Target": "timeline-more"})

    told = re.findall(r"Entry \d\d", page.content.decode()) + re.findall(r"Entry \d\d", more.content.decode())
    assert told == [f"Entry {minute:02}" for minute in reversed(range(25))]
    assert more.context["timeline"].more_url == ""


def removal(interaction):
    return reverse("customers:remove_interaction", args=[interaction.customer_id, interaction.pk])


def test_who_wrote_an_entry_may_remove_it(client_for, agent, said):
    answer = client_for(agent).post(removal(said))

    assert answer.url == reverse("customers:interactions", args=[said.customer_id])
    assert Interaction.objects.count() == 0
    assert AuditEvent.objects.get(action="interaction.removed").subject_id == said.customer_id


def test_others_may_not_remove_it(client_for, account_manager, said):
    answer = client_for(account_manager).post(removal(said))

    assert answer.status_code == 403
    assert Interaction.objects.get() == said


def test_a_supervisor_may_remove_any(client_for, supervisor, said):
    client_for(supervisor).post(removal(said))

    assert Interaction.objects.count() == 0


def test_nobody_removes_what_the_system_told(client_for, supervisor, customer, words, now):
    facts = {"code": "test.moved", "parameters": {"from": "a", "to": "b"}, "source": "1", "happened_at": now}
    told = tell_in_timeline(customer=customer, **facts, at=now)

    assert client_for(supervisor).post(removal(told)).status_code == 403
    with pytest.raises(InteractionGone):
        remove_interaction(interaction=told, by=supervisor, at=now)

    assert Interaction.objects.get() == told


def test_an_entry_outlives_its_contact(customer, agent, now):
    contact = add_contact(customer=customer, name="Ann Lee", at=now)
    record_interaction(customer=customer, **SAID, contact=contact, by=agent, at=now)

    remove_contact(contact=contact, by=agent, at=now)

    assert Interaction.objects.get().contact is None


def test_erasing_a_customer_takes_what_was_written(customer, privacy_officer, said, words, now):
    facts = {"code": "test.moved", "parameters": {"from": "a", "to": "b"}, "source": "1", "happened_at": now}
    told = tell_in_timeline(customer=customer, **facts, at=now)

    figures = erase_customer(customer=customer, reason="request", by=privacy_officer, at=now)

    assert figures["entries"] == 1
    assert list(Interaction.objects.all()) == [told]


def test_an_entry_of_another_tenants_customer_is_not_there(client_for, agent, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_customer(at=now)
        record_interaction(customer=theirs, **SAID, at=now)

    answer = client_for(agent).get(url_of(theirs, "interactions"))
    gone = client_for(agent).get(reverse("customers:interactions", args=[uuid.uuid4()]))

    assert answer.status_code == gone.status_code == 404
