"""The list of imports and the page of one: who sees them, and what they say."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from core.accounts.enums import Role
from shipments.models import LONGEST_RUN, ImportRun, Shipment
from tests.factories.accounts import inside, make_user
from tests.factories.imports import import_received, receive
from tests.shipments.imports.files import COLUMNS, FILE, cells, make_run, upload

LIST_QUERIES = 8


def test_stopped_import_is_shown_as_interrupted(client, supervisor):
    now = timezone.now()
    fresh = make_run(supervisor, now, started_at=now)
    stopped = make_run(supervisor, now, started_at=now - LONGEST_RUN)

    bodies = [client.get(reverse("shipments:import", args=[run.pk])).content.decode() for run in (fresh, stopped)]
    listed = client.get(reverse("shipments:imports")).context["runs"]

    assert [("is running" in body, "was stopped" in body) for body in bodies] == [(True, False), (False, True)]
    assert sorted(str(state) for _run, state in listed) == ["interrupted", "running"]


def test_command_leaves_its_run_in_the_list(client, tmp_path):
    path = tmp_path / "night.csv"
    path.write_text(FILE, encoding="utf-8")
    call_command("import_shipments", path, tenant="swift", stdout=io.StringIO())

    body = client.get(reverse("shipments:imports")).content.decode()

    run = ImportRun.objects.get()
    assert (run.file_name, run.received_by, run.is_finished, run.created) == ("night.csv", None, True, 2)
    assert "night.csv" in body
    assert cells(client.get(reverse("shipments:result", args=[run.pk])))[1][:3] == ["2", "W1", "created"]


@pytest.mark.parametrize("rows", [3, 300])
def test_import_list_asks_the_same_number_of_queries(rows, client, supervisor, now, django_assert_num_queries):
    for index in range(rows):
        make_run(supervisor, now + timedelta(minutes=index), is_finished=True)
    client.get(reverse("shipments:imports"))

    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(reverse("shipments:imports"))

    assert len(response.context["rows"]) == min(rows, 50)


def test_imports_are_refused_to_who_may_not(client_for, agent, supervisor, now):
    waiting = receive(FILE, by=supervisor, at=now)
    done = import_received(receive(FILE, by=supervisor, at=now), by=supervisor, at=now)
    before = Shipment.objects.count()
    client = client_for(agent)

    answers = [
        client.get(reverse("shipments:imports")),
        client.get(reverse("shipments:upload")),
        upload(client),
        client.get(reverse("shipments:columns", args=[waiting.pk])),
        client.post(reverse("shipments:columns", args=[waiting.pk]), COLUMNS),
        client.get(reverse("shipments:import", args=[done.pk])),
        client.get(reverse("shipments:result", args=[done.pk])),
    ]

    assert [answer.status_code for answer in answers] == [403] * 7
    assert (ImportRun.objects.count(), Shipment.objects.count()) == (2, before)
    waiting.refresh_from_db()
    assert not waiting.is_finished
    assert "shipments/imports" not in client.get(reverse("shipments:list")).content.decode()


def test_imports_of_another_tenant_are_not_there(client, supervisor, tenant, other_tenant, now):
    with inside(other_tenant, leaving=tenant):
        theirs = make_user(role=Role.SUPERVISOR, at=now)
        waiting = receive(FILE, by=theirs, at=now)
        done = import_received(receive(FILE, by=theirs, at=now), by=theirs, at=now)

    answers = [
        client.get(reverse("shipments:columns", args=[waiting.pk])),
        client.post(reverse("shipments:columns", args=[waiting.pk]), COLUMNS),
        client.get(reverse("shipments:import", args=[done.pk])),
        client.get(reverse("shipments:result", args=[done.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert client.get(reverse("shipments:imports")).context["rows"] == []
    assert Shipment.objects.count() == 0
    with inside(other_tenant, leaving=tenant):
        assert (ImportRun.objects.get(pk=waiting.pk).is_finished, Shipment.objects.count()) == (False, 2)
