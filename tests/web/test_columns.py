"""Which columns of a list somebody sees, on the page and in the file."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job, result_of
from core.web.lists import Column, ColumnKind
from core.web.lists.columns import arranged
from core.web.models import ListChoice, SavedView
from core.web.saved_views import choose_columns
from tests.factories.customers import make_customer

LIST, CHOOSE = "/customers/", "/lists/customers/columns/"
OF_ITSELF = ["name", "number", "tier", "stage", "contribution", "shipments", "last", "account_manager"]


def shown(client, query=""):
    return [column.name for column in client.get(f"{LIST}?{query}").context["list"].shown_columns]


def heads_of_file(client, query, now):
    client.post("/exports/customers/", {"format": "csv", "path": LIST, "query": query})
    job = BackgroundJob.objects.latest("created_at")
    perform_job(tenant_id=job.tenant_id, job_id=job.pk, now=lambda: now)
    return next(csv.reader(io.StringIO(b"".join(result_of(job)).decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (ColumnKind.TEXT, "", "–"),
        (ColumnKind.TEXT, None, "–"),
        (ColumnKind.TEXT, True, "Yes"),
        (ColumnKind.NUMBER, 0, "0"),
        (ColumnKind.NUMBER, 12345, "12,345"),
        (ColumnKind.MONEY, Decimal("-1234.5"), '<span class="money">−¥1,234.50</span>'),
        (ColumnKind.TIME, date(2026, 3, 2), "2026-03-02"),
        (ColumnKind.TIME, None, "–"),
    ],
)
def test_values_are_shown_by_kind(tenant, kind, value, words):
    assert str(Column("Any", lambda _row: value, kind=kind).shown(None)) == words


def test_moments_are_shown_as_long_ago(tenant):
    moment = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    assert "2026-03-02 04:30:00 UTC" in Column("At", lambda _row: moment, kind=ColumnKind.TIME).shown(None)


def test_columns_are_arranged_by_name_head_first():
    one, two, head, file_only = (
        Column("1", str, name="one"),
        Column("2", str, name="two"),
        Column("3", str, name="head", is_head=True),
        Column("4", str),
    )

    assert arranged([one, two, head, file_only], ["two", "gone", "two", "", "one"]) == [head, two, one]


def test_page_shows_the_lists_own_columns_and_the_head_cannot_go(client_for, agent, now):
    make_customer(number="C-1", at=now)
    client = client_for(agent)

    assert shown(client) == OF_ITSELF
    assert shown(client, "columns=region") == ["name", "region"]


def test_chosen_columns_are_kept_for_oneself(client_for, agent, account_manager, now):
    make_customer(number="C-1", region="Hunan", company_name="Blue Kiln", at=now)
    client = client_for(agent)

    answer = client.post(
        CHOOSE, {"path": LIST, "query": "", "order": [*OF_ITSELF, "region"], "column": ["region", "tier"]}
    )

    assert answer.url == "/customers/?view=all"
    assert shown(client) == ["name", "tier", "region"]
    body = client.get(LIST).content.decode()
    assert ("Hunan" in body, 'data-label="Account manager"' in body) == (True, False)
    assert shown(client_for(account_manager)) == OF_ITSELF


def test_columns_move_without_a_script(client_for, agent):
    client = client_for(agent)
    sent = {"path": LIST, "query": "", "order": ["name", "tier", "region"], "column": ["tier", "region"]}

    client.post(CHOOSE, {**sent, "move": "up:region"})
    up = shown(client)
    client.post(CHOOSE, {**sent, "move": "down:tier"})
    down = shown(client)
    client.post(CHOOSE, {**sent, "move": "up:planet"})

    assert up == down == ["name", "region", "tier"]
    assert shown(client) == ["name", "tier", "region"]


def test_the_lists_own_columns_again(client_for, agent):
    client = client_for(agent)
    choose_columns(list_name="customers", columns=["region"], by=agent)

    client.post(CHOOSE, {"path": LIST, "query": "", "order": ["name", "region"], "column": ["region"], "reset": "1"})

    assert shown(client) == OF_ITSELF
    assert ListChoice.objects.get().columns == []


def test_columns_of_the_address_are_changed_there(client_for, agent):
    client = client_for(agent)
    sent = {"path": LIST, "query": "columns=tier&kind=company", "order": ["tier", "region"], "column": ["region"]}

    answer = client.post(CHOOSE, sent)

    assert answer.url == "/customers/?kind=company&columns=name%2Cregion"
    assert list(ListChoice.objects.all()) == []


def test_columns_of_an_open_view_are_changed_in_the_address(client_for, agent):
    client = client_for(agent)
    saved = client.post("/lists/customers/views/", {"path": LIST, "query": "kind=company", "name": "Companies"})
    query = saved.url.partition("?")[2]

    answer = client.post(CHOOSE, {"path": LIST, "query": query, "order": ["tier", "region"], "column": ["region"]})

    assert answer.url == f"/customers/?{query}&columns=name%2Cregion"
    assert client.get(answer.url).context["views"].is_open_changed
    assert list(ListChoice.objects.all()) == []


def test_column_that_is_gone_is_an_error_in_the_address_and_left_out_of_ones_own(client_for, agent):
    client = client_for(agent)

    answer = client.get(f"{LIST}?columns=region,planet")
    choose_columns(list_name="customers", columns=["planet", "region"], by=agent)

    assert answer.status_code == 422
    assert "There is no column called “planet”." in answer.content.decode()
    assert shown(client) == ["name", "region"]


def test_lists_that_offer_no_columns_take_none(client_for, administrator):
    assert client_for(administrator).get("/settings/people/?columns=name").status_code == 422


def test_view_keeps_the_columns_that_were_shown(client_for, agent):
    client = client_for(agent)
    choose_columns(list_name="customers", columns=["region", "tier"], by=agent)
    sent = client.get(f"{LIST}?kind=company").context["list"].sent_query

    answer = client.post("/lists/customers/views/", {"path": LIST, "query": sent, "name": "Narrow"})
    choose_columns(list_name="customers", columns=["number"], by=agent)

    assert SavedView.objects.get().query == "columns=name%2Cregion%2Ctier&kind=company"
    page = client.get(answer.url)
    assert [column.name for column in page.context["list"].shown_columns] == ["name", "region", "tier"]
    assert page.context["views"].is_open_changed is False


def test_file_has_the_chosen_columns_or_all(client_for, administrator, now):
    make_customer(number="C-1", at=now)
    client = client_for(administrator)
    everything = heads_of_file(client, client.get(LIST).context["list"].sent_query, now)
    choose_columns(list_name="customers", columns=["region", "tier"], by=administrator)

    chosen = heads_of_file(client, client.get(LIST).context["list"].sent_query, now)

    assert chosen == ["Name", "Region", "Tier"]
    assert everything[:3] == ["Customer number", "Name", "Kind"]
    assert len(everything) == 18
