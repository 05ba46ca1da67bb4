"""Every list can be had as a file, or it is said here why not."""

import csv
import io
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import path, reverse

from core.jobs.models import BackgroundJob
from core.jobs.running import perform_job, result_of, start_job
from core.web import exports
from core.web.lists import ListPage, ListView
from tests.architecture.routes import all_routes
from tests.factories.customers import make_customer
from tests.factories.worlds import make_world

NOT_EXPORTED = {
    "console:own_jobs": "one's own jobs, whose files go after days",
    "console:notices": "one's own notices, which go after months",
    "customers:contacts": "of one customer; the copy of personal data holds all, a masked file is no use",
    "customers:addresses": "of one customer; the copy of personal data holds all, a masked file is no use",
    "customers:interactions": "of one customer; the copy of personal data holds all, a masked file is no use",
}


def lists(urlconf: str | None = None) -> dict[str, type[ListView]]:
    return {
        route.name: route.view
        for route in all_routes(urlconf)
        if isinstance(route.view, type) and issubclass(route.view, ListView)
    }


def not_exported(urlconf: str | None = None) -> set[str]:
    return {name for name, view in lists(urlconf).items() if exports.find(view.export_name) is not view}


def test_every_list_is_exported_or_said_why_not():
    assert not_exported() == set(NOT_EXPORTED)


class ForgottenView(ListView):
    permission_required = ""


urlpatterns = [path("forgotten/", ForgottenView.as_view(), name="forgotten")]


def test_forgotten_list_is_found():
    assert not_exported(__name__) == {"forgotten"}


EXPORTED = sorted(name for name, view in lists().items() if name not in NOT_EXPORTED)


@pytest.mark.parametrize("name", EXPORTED)
def test_export_holds_a_line_for_every_row(name: str, tenant: Any, administrator: Any, now: Any):
    make_world("secret", at=now)
    # Of the world somebody looks after; the pool holds others.
    make_customer(at=now)
    view = lists()[name]
    parameters = {"list": view.export_name, "path": reverse(name), "query": "", "format": "csv"}
    job = start_job(kind=exports.KIND, title="Export", parameters=parameters, by=administrator, at=now)
    page = ListPage(
        path=reverse(name),
        params=QueryDict(),
        queryset=view().get_queryset(),
        filters=(),
        sorts=view.sorts,
        default_sort=view.default_sort,
        tenant=tenant,
    )

    perform_job(tenant_id=tenant.pk, job_id=job.pk, now=lambda: now)

    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")
    lines = list(csv.reader(io.StringIO(b"".join(result_of(job)).decode("utf-8-sig"))))
    assert lines[0] == [str(column.label) for column in view().get_columns()]
    assert len(lines) == 1 + page.matching.count() > 1
    assert BackgroundJob.objects.filter(file_name__startswith=f"{view.export_name}-").count() == 1
