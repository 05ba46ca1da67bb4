"""Timelines over the API: read masked, written by partners, corrected by who wrote."""

from datetime import timedelta

import pytest
from django.test import Client

from core.audit.models import AuditEvent
from core.events.models import OutboxEvent
from customers import timeline
from customers.models import Interaction
from customers.services import (
    InteractionChanged,
    InteractionGone,
    add_contact,
    correct_interaction,
    record_interaction,
    remove_interaction,
    tell_in_timeline,
)
from tests.factories.accounts import outside
from tests.factories.customers import make_customer
from tests.factories.partners import API, Partner, check_described

LIST_QUERIES = 9
SAID = {"kind": "call", "direction": "inbound", "text": "Lin Mei asked; call 13812345678."}
MASKED = "L*****i asked; call 138******78."


@pytest.fixture
def partner(tenant):
    return Partner()


@pytest.fixture
def customer(tenant, now):
    customer = make_customer(at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    return customer


def path_of(customer, more=""):
    return f"/customers/{customer.pk}/interactions{more}"


@pytest.fixture
def written(partner, customer):
    partner.send("post", path_of(customer), SAID)
    return Interaction.objects.get()


def test_partner_writes_an_entry_and_reads_it_masked(partner, customer):
    contact = customer.contacts.get()

    answer = partner.send(
        "post", path_of(customer), {**SAID, "contact_id": str(contact.pk), "happened_at": "2026-03-01T10:00:00+08:00"}
    )

    stored = Interaction.objects.get()
    assert answer.status_code == 201
    check_described("/customers/{customer}/interactions", answer.json(), method="post", status=201)
    assert answer.headers["Location"] == f"{API}{path_of(customer)}/{stored.pk}"
    assert (stored.text, stored.contact, stored.recorded_by, stored.recorded_by_key) == (
        SAID["text"],
        contact,
        None,
        partner.key.pk,
    )
    assert "13812345678" not in answer.content.decode()
    assert "Lin Mei" not in answer.content.decode()
    assert (answer.json()["happened_at"], answer.json()["contact_id"]) == ("2026-03-01T02:00:00Z", str(contact.pk))
    assert partner.get(path_of(customer, f"/{stored.pk}")).json() == answer.json()
    assert AuditEvent.objects.get(action="interaction.recorded").actor_id == partner.key.pk
    assert OutboxEvent.objects.get(name="interaction.created").subject_id == stored.pk


def test_key_with_the_scope_reads_what_is_stored_and_is_recorded(written, customer):
    revealing = Partner(name="Revealing", allowed=["interactions:read", "personal:read"])

    answer = revealing.get(path_of(customer)).json()

    assert [row["text"] for row in answer["data"]] == [SAID["text"]]
    trail = AuditEvent.objects.get(action="personal.read_by_key")
    assert trail.details == {"resource": "interaction", "records": 1}


def test_what_the_system_tells_is_in_the_readers_language(partner, customer, now, monkeypatch):
    monkeypatch.setattr(timeline, "_entries", dict(timeline._entries))
    timeline.register("test.moved", icon="star", label="Moved", words=lambda facts: f"{facts['from']} → {facts['to']}")
    tell_in_timeline(
        customer=customer,
        code="test.moved",
        parameters={"from": "low", "to": "vip"},
        source="s",
        happened_at=now,
        at=now,
    )

    (row,) = partner.get(path_of(customer)).json()["data"]

    assert (row["kind"], row["code"], row["text"]) == ("system", "test.moved", "low → vip")
    for method in ("patch", "delete"):
        assert partner.send(method, path_of(customer, f"/{row['id']}"), {"text": "x"}, If_Match="*").status_code == 403


def test_list_is_filtered_and_sorted(partner, customer, agent, now):
    for kind, hours in (("call", 1), ("note", 3), ("visit", 2)):
        happened_at = now - timedelta(hours=hours)
        record_interaction(customer=customer, kind=kind, text=kind, happened_at=happened_at, by=agent, at=now)

    def found(**params):
        answer = partner.get(path_of(customer), params).json()
        check_described("/customers/{customer}/interactions", answer)
        return [row["text"] for row in answer["data"]]

    assert found() == ["call", "visit", "note"]
    assert found(sort="happened_at") == ["note", "visit", "call"]
    assert found(**{"filter[kind][in]": "note,visit"}) == ["visit", "note"]
    assert found(**{"filter[contact_id][is_null]": "false"}) == []
    assert found(**{"filter[happened_at][gt]": "2026-03-02T02:30:00Z"}) == ["call"]
    assert partner.get(path_of(customer), {"filter[text][contains]": "a"}).status_code == 400


@pytest.mark.parametrize("rows", [3, 300])
def test_list_asks_the_same_number_of_queries(rows, partner, customer, now, django_assert_num_queries):
    for number in range(rows):
        record_interaction(customer=customer, kind="note", text=f"{number}", at=now)
    partner.get(path_of(customer))

    with outside(customer.tenant), django_assert_num_queries(LIST_QUERIES):
        answer = Client().get(f"{API}{path_of(customer)}", {"limit": 200}, headers=partner.headers)

    assert len(answer.json()["data"]) == min(rows, 200)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "system"}, "#/kind"),
        ({"text": " "}, "#/text"),
        ({"text": "x" * 5001}, "#/text"),
        ({"happened_at": "2999-03-01T09:55:00Z"}, "#/happened_at"),
        ({"happened_at": "2026-03-01T09:55:00"}, "#/happened_at"),
        ({"contact_id": "01a20b58-50a6-76ce-a6cb-5f519fa8d44d"}, "#/contact_id"),
        ({"recorded_by_id": "x"}, "#/recorded_by_id"),
        ({"source": "x"}, "#/source"),
    ],
)
def test_entry_that_is_not_taken_is_refused_by_name_and_not_written(partner, customer, change, pointer):
    answer = partner.send("post", path_of(customer), {**SAID, **change})

    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])
    assert Interaction.objects.count() == 0


def test_contact_of_another_customer_is_refused(partner, customer, now):
    other = make_customer(at=now)
    theirs = add_contact(customer=other, name="Li Na", at=now)

    answer = partner.send("post", path_of(customer), {**SAID, "contact_id": str(theirs.pk)})

    assert (answer.status_code, Interaction.objects.count()) == (400, 0)


def test_correction_changes_what_it_names_alone_and_needs_the_version(partner, customer, written):
    path = path_of(customer, f"/{written.pk}")

    unconditional = partner.send("patch", path, {"text": "Tuesday."})
    changed = partner.send("patch", path, {"text": "Tuesday."}, If_Match=partner.get(path).headers["ETag"])
    stale = partner.send("patch", path, {"text": "Wednesday."}, If_Match='"1"')

    assert [each.status_code for each in (unconditional, changed, stale)] == [428, 200, 412]
    check_described("/customers/{customer}/interactions/{id}", changed.json(), method="patch")
    stored = Interaction.objects.get()
    assert (stored.text, stored.kind, stored.direction, stored.version) == ("Tuesday.", "call", "inbound", 2)
    trail = AuditEvent.objects.get(action="interaction.corrected")
    assert (trail.actor_id, trail.changes["text"]) == (partner.key.pk, None)


def test_entry_becomes_a_note_and_loses_its_direction(partner, customer, written):
    partner.send("patch", path_of(customer, f"/{written.pk}"), {"kind": "note"}, If_Match="*")

    assert (Interaction.objects.get().kind, Interaction.objects.get().direction) == ("note", "")


def test_removal_is_for_good(partner, customer, written):
    path = path_of(customer, f"/{written.pk}")

    assert partner.send("delete", path, If_Match='"7"').status_code == 412
    assert [partner.send("delete", path).status_code for _ in range(2)] == [204, 404]
    assert Interaction.objects.count() == 0


def test_key_leaves_what_others_wrote(partner, customer, agent, written, now):
    staffs = record_interaction(customer=customer, kind="note", text="Ours", by=agent, at=now)

    for sender, entry in ((partner, staffs), (Partner(name="Other"), written)):
        for method in ("patch", "delete"):
            answer = sender.send(method, path_of(customer, f"/{entry.pk}"), {"text": "Theirs"}, If_Match="*")
            assert (answer.status_code, answer.json()["code"]) == (403, "not_written_by_this_key")
    assert sorted(each.text for each in Interaction.objects.all()) == [SAID["text"], "Ours"]


def test_scopes_are_needed(customer, written):
    reader = Partner(name="Reader", allowed=["interactions:read"])
    writer = Partner(name="Writer", allowed=["interactions:write"])
    of_customers = Partner(name="Of customers", allowed=["customers:read", "customers:write"])

    assert reader.get(path_of(customer)).status_code == 200
    assert reader.send("post", path_of(customer), SAID).json()["code"] == "scope_missing"
    assert writer.get(path_of(customer)).status_code == 403
    assert writer.send("post", path_of(customer), SAID).status_code == 201
    assert of_customers.get(path_of(customer)).status_code == 403
    assert Interaction.objects.count() == 2


def test_service_refuses_what_is_gone_or_changed(written, agent):
    now = written.recorded_at
    correct_interaction(interaction=written, changes={"text": "New"}, version=1, by=agent, at=now)
    with pytest.raises(InteractionChanged):
        correct_interaction(interaction=written, changes={"text": "Newer"}, version=1, by=agent, at=now)
    remove_interaction(interaction=written, by=agent, at=now)
    with pytest.raises(InteractionGone):
        correct_interaction(interaction=written, changes={"text": "Newer"}, version=2, by=agent, at=now)
