"""Notes of the market: written, found again, hidden where they name persons, moved, erased and removed."""

import pytest
import time_machine
from django.urls import reverse

from core.accounts.enums import Role
from core.audit.models import AuditEvent
from customers.services import add_contact, erase_customer, merge_customers
from customers.services.erasure import ErasureReason
from development.models import MarketNote
from development.services import NoteChanged, NothingNoted, add_competitor, update_market_note, write_market_note
from tests.development.made import make_opportunity, queries_of
from tests.factories.accounts import inside, make_user, outside
from tests.factories.customers import make_customer


@pytest.fixture(autouse=True)
def at_that_time(now):
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def opportunity(tenant, account_manager, now):
    customer = make_customer(number="C-1", company_name="Blue Kiln", at=now)
    add_contact(customer=customer, name="Lin Mei", at=now)
    rival = add_competitor(name="Swallow", by=None, at=now)
    return make_opportunity(customer, by=account_manager, at=now, competitor=rival)


@pytest.fixture
def note(opportunity, account_manager, now):
    return write_market_note(text="Lin Mei pays less there.", opportunity=opportunity, by=account_manager, at=now)


def text_of(response):
    return response.content.decode()


def test_note_is_written_from_an_opportunity(client_for, account_manager, opportunity):
    client = client_for(account_manager)
    url = f"{reverse('development:write_market_note')}?opportunity={opportunity.pk}"
    assert client.get(url).context["form"].initial["competitor"] == opportunity.competitor_id

    written = client.post(url, {"text": "Cheaper by a tenth", "region": "Jiangsu"})

    note = MarketNote.objects.get()
    assert written.url == reverse("development:detail", args=[opportunity.pk])
    assert (note.customer, note.opportunity, note.region) == (opportunity.customer, opportunity, "Jiangsu")
    assert "Cheaper by a tenth" in text_of(client.get(written.url))
    assert client.post(url, {"text": " "}).status_code == 422
    assert client.get(f"{reverse('development:write_market_note')}?customer=x").status_code == 404


def test_note_of_nobody_in_particular(client_for, account_manager, tenant, now):
    client = client_for(account_manager)

    written = client.post(reverse("development:write_market_note"), {"text": "Rents rise", "industry": "Retail"})

    assert "Rents rise" in text_of(client.get(written.url))
    with pytest.raises(NothingNoted):
        write_market_note(text="", by=account_manager, at=now)


def test_list_finds_and_hides(client_for, account_manager, note, now):
    client = client_for(account_manager)
    write_market_note(text="Rents rise", industry="Retail", by=account_manager, at=now)
    notes = reverse("development:market_notes")

    page = client.get(notes)
    found = client.get(notes, {"customer": "C-1"})

    assert "L****i pays less there." in text_of(page)
    assert "Lin Mei" not in text_of(page)
    assert (len(page.context["rows"]), list(found.context["rows"])) == (2, [note])
    assert len(client.get(notes, {"industry": "Ret"}).context["rows"]) == 1


def test_list_takes_as_many_queries_for_many(client_for, account_manager, opportunity, now):
    client = client_for(account_manager)
    pages = {"list": reverse("development:market_notes")}
    for count in (3, 40):
        while MarketNote.objects.count() < count:
            write_market_note(text="Dear", opportunity=opportunity, by=account_manager, at=now)
        assert queries_of(client, pages) == {"list": 12}, count


def test_note_moves_with_its_customer_and_is_erased(note, opportunity, supervisor, now):
    kept = make_customer(number="C-2", company_name="Blue Kiln Ltd", at=now)
    merge_customers(kept=kept, absorbed=opportunity.customer, versions=(1, 1), by=supervisor, at=now)
    note.refresh_from_db()
    assert note.customer_id == kept.pk

    erase_customer(customer=kept, reason=ErasureReason.REQUEST, by=supervisor, at=now)

    note.refresh_from_db()
    assert note.text is None


def test_note_is_changed_and_an_empty_text_keeps_what_names_persons(client_for, account_manager, agent, note):
    url = reverse("development:update_market_note", args=[note.pk])
    assert client_for(agent).get(url).status_code == 403
    client = client_for(account_manager)
    form = client.get(url).context["form"]
    assert "Lin Mei" not in text_of(client.get(url))
    carried = {name: form.initial[name] for name in ("version",)} | {"began": form.initial["began"]()}

    saved = client.post(url, {"text": "", "region": "Jiangsu", "industry": "", "competitor": "", **carried})

    assert saved.url == reverse("development:market_note", args=[note.pk])
    note.refresh_from_db()
    assert (note.text, note.region, note.version) == ("Lin Mei pays less there.", "Jiangsu", 2)
    event = AuditEvent.objects.get(action="market_note.updated", subject_id=note.pk)
    assert event.changes == {"region": ["", "Jiangsu"]}
    assert "Lin Mei" not in str(event.details)


def test_two_who_change_a_note_choose_fact_by_fact(client_for, account_manager, supervisor, note, now):
    client = client_for(account_manager)
    url = reverse("development:update_market_note", args=[note.pk])
    form = client.get(url).context["form"]
    carried = {"version": form.initial["version"], "began": form.initial["began"]()}
    kept = {"industry": "", "competitor": None}
    update_market_note(note=note, version=1, text="", region="Anhui", **kept, by=supervisor, at=now)

    shown = client.post(url, {"text": "", "region": "Jiangsu", "industry": "", "competitor": "", **carried})

    assert shown.status_code in (409, 422)
    assert "Anhui" in text_of(shown)
    note.refresh_from_db()
    assert (note.region, note.version) == ("Anhui", 2)
    with pytest.raises(NoteChanged):
        update_market_note(note=note, version=1, text="", region="Jiangsu", **kept, by=supervisor, at=now)


def test_note_is_removed_by_who_writes(client_for, account_manager, agent, note):
    url = reverse("development:remove_market_note", args=[note.pk])
    assert client_for(agent).post(url).status_code == 403
    assert MarketNote.objects.count() == 1

    client_for(account_manager).post(url)

    assert MarketNote.objects.count() == 0
    assert AuditEvent.objects.filter(action="market_note.removed", subject_id=note.pk).count() == 1


def test_another_tenants_note_is_not_there(client_for, tenant, other_tenant, note, now):
    with inside(other_tenant, leaving=tenant):
        stranger = make_user(role=Role.SUPERVISOR, at=now)
    with outside(tenant):
        client = client_for(stranger)
        assert client.get(reverse("development:market_note", args=[note.pk])).status_code == 404
        assert client.post(reverse("development:remove_market_note", args=[note.pk])).status_code == 404
    assert MarketNote.objects.count() == 1
