"""The command brings files in as the pages do."""

import pytest
from django.core.management import CommandError, call_command

from core.accounts.enums import Role
from core.imports.models import ImportBatch
from core.tenancy.scope import tenant_scope
from customers.models import Customer
from shipments.models import Shipment
from tests.factories.accounts import make_tenant, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def swift(now):
    tenant = make_tenant(slug="swift", at=now)
    with tenant_scope(tenant):
        make_user(role=Role.SUPERVISOR, email="boss@swift.example", at=now)
        make_user(role=Role.ANALYST, email="analyst@swift.example", at=now)
    return tenant


def bring_in(path, *more, by="boss@swift.example"):
    call_command("import_records", "customers", str(path), "--tenant", "swift", "--by", by, *more)


def test_file_comes_in_with_a_result(swift, tmp_path, capsys):
    path, result = tmp_path / "a.csv", tmp_path / "result.csv"
    path.write_text("no;what\nC-1;A\nC-2;\n", encoding="utf-8")

    bring_in(path, "--map", "number=no", "--map", "company_name=what", "--result", str(result))

    assert capsys.readouterr().out == "created: 1\nrefused: 1\n"
    assert result.read_text(encoding="utf-8-sig").splitlines()[1:] == [
        "2,C-1,Created,",
        "3,C-2,Refused,A company has a name.",
    ]
    with tenant_scope(swift):
        assert [customer.company_name for customer in Customer.objects.all()] == ["A"]


def test_file_of_which_nothing_can_go_in_says_why_and_fails(swift, tmp_path, capsys):
    path, result = tmp_path / "a.csv", tmp_path / "result.csv"
    path.write_text("number,Favourite colour\nC-1,red\n", encoding="utf-8")

    with pytest.raises(CommandError, match="No row"):
        bring_in(path, "--result", str(result))

    assert capsys.readouterr().out == "refused: 1\nleft out: Favourite colour\n"
    assert result.read_text(encoding="utf-8-sig").splitlines()[1:] == ["2,C-1,Will be refused,A company has a name."]


def test_fields_are_listed_and_one_that_is_not_among_them_is_named(swift, tmp_path, capsys):
    call_command("import_records", "customers", "--tenant", "swift", "--fields")

    assert capsys.readouterr().out.startswith("number: Customer number (required)\n")
    path = tmp_path / "a.csv"
    path.write_text("number,Phone\nC-1,1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no field nonsense; there are number, "):
        bring_in(path, "--map", "nonsense=Phone")


def test_check_changes_nothing(swift, tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("number,company_name\nC-1,A\n", encoding="utf-8")

    bring_in(path, "--check")

    assert capsys.readouterr().out == "created: 1\n"
    with tenant_scope(swift):
        assert Customer.objects.count() == 0


def test_who_may_not_is_refused(swift, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("number,company_name\nC-1,A\n", encoding="utf-8")

    for by in ("analyst@swift.example", "nobody@swift.example"):
        with pytest.raises(CommandError):
            bring_in(path, by=by)
    with tenant_scope(swift):
        assert Customer.objects.count() == 0


def test_nothing_comes_in_where_the_result_cannot_be_written(swift, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("number,company_name\nC-1,A\n", encoding="utf-8")

    for place in ("missing/result.csv", ""):
        with pytest.raises(CommandError) as caught:
            bring_in(path, "--result", str(tmp_path / place))
        assert str(tmp_path) in str(caught.value)
    with tenant_scope(swift):
        assert (Customer.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_failure_leaves_an_earlier_result_alone(swift, tmp_path):
    path, result = tmp_path / "a.csv", tmp_path / "result.csv"
    path.write_text("what,company_name\nC-1,A\n", encoding="utf-8")
    result.write_text("earlier")

    for more in ((), ("--map", "number"), ("--map", "number=no"), ("--map", "nothing=what"), ("--map", "number=")):
        with pytest.raises(CommandError):
            bring_in(path, "--result", str(result), *more)

    assert result.read_text() == "earlier"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "result.csv"]
    with tenant_scope(swift):
        assert ImportBatch.objects.count() == 0


def test_field_may_be_left_out_and_odd_rows_are_counted(swift, tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("运单号,客户编号,收件时间,运费,始发城市\nW-1,C-1,2026-03-01,0,上海\n", encoding="utf-8")

    asked = ("--tenant", "swift", "--by", "boss@swift.example", "--map", "origin_city=")
    call_command("import_records", "shipments", str(path), *asked)

    assert capsys.readouterr().out == "created: 1\nwarned: 1\nleft out: 始发城市\n"
    with tenant_scope(swift):
        assert [(each.waybill_number, each.origin_city) for each in Shipment.objects.all()] == [("W-1", "")]
