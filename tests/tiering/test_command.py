import json
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories.tiering import make_shipped
from tiering.models import TierChange


def run(*arguments):
    output = StringIO()
    call_command("evaluate_tiers", *arguments, stdout=output)
    return output.getvalue()


def test_json_is_one_object(tenant, now):
    make_shipped("a", (datetime(2026, 2, 20, tzinfo=UTC), "12.50"), at=now)
    make_shipped("lead", at=now)

    answer = json.loads(run("--tenant", "swift", "--as-of", "2026-03-01", "--window", "30", "--format", "json"))

    assert answer == {
        "as_of": "2026-03-01",
        "window_days": 30,
        "policy_version": 1,
        "ranked": 1,
        "counts": {"vip": 1, "mid": 0, "low": 0},
        "customers": [{"number": "a", "tier": "vip", "rank": 1, "contribution": "12.50", "shipment_count": 1}],
        "moves": [{"number": "a", "from": None, "to": "vip"}],
    }


def test_text_counts(tenant, now):
    make_shipped("a", (datetime(2026, 2, 20, tzinfo=UTC), "12.50"), at=now)

    assert run("--tenant", "swift", "--as-of", "2026-03-01", "--dry-run") == (
        "As of 2026-03-01, 90 days, policy 1: 1 ranked (1 vip, 0 mid, 0 low), 1 moved.\n"
    )
    assert TierChange.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tenant", "nobody"], "There is no tenant “nobody”."),
        (
            ["--tenant", "swift", "--as-of", "2026-02-30"],
            "--as-of '2026-02-30' is not a date such as 2026-01-31.",
        ),
        (["--tenant", "swift", "--as-of", "20260201"], "--as-of '20260201' is not a date such as 2026-01-31."),
        (["--tenant", "swift", "--as-of", "2026-W01-1"], "--as-of '2026-W01-1' is not a date such as 2026-01-31."),
        (
            ["--tenant", "swift", "--as-of", "2226-01-01"],
            "Tiers are evaluated as of today at the latest; a later date can only be tried.",
        ),
        (["--tenant", "swift", "--as-of", "9999-12-31"], "Tiers cannot be evaluated as of this date."),
        (["--tenant", "swift", "--as-of", "yesterday"], "--as-of 'yesterday' is not a date such as 2026-01-31."),
        (["--tenant", "swift", "--window", "3661"], "The window is between 1 and 3660 days."),
        (["--tenant", "swift", "--window", "0"], "The window is between 1 and 3660 days."),
        (["--tenant", "swift", "--window", "٩٠"], "--window '٩٠' is not a whole number of days."),
        (["--tenant", "swift", "--window", "x"], "--window 'x' is not a whole number of days."),
    ],
)
def test_bad_arguments_are_refused_in_one_line(tenant, arguments, message):
    with pytest.raises(CommandError) as refused:
        run(*arguments)

    assert str(refused.value) == message
    assert TierChange.objects.count() == 0


def test_unknown_format_and_missing_tenant_are_refused(tenant):
    for arguments in (["--tenant", "swift", "--format", "xml"], []):
        with pytest.raises(CommandError, match=r"invalid choice: 'xml'|required: --tenant"):
            run(*arguments)


def test_dry_run_in_json_says_what_an_evaluation_would_write(tenant, now):
    make_shipped("a", (datetime(2026, 2, 20, tzinfo=UTC), "12.50"), at=now)
    arguments = ["--tenant", "swift", "--as-of", "2026-03-01", "--format", "json"]

    dry = run(*arguments, "--dry-run")
    kept = TierChange.objects.count()

    assert kept == 0
    assert run(*arguments) == dry
    assert TierChange.objects.count() == 1
