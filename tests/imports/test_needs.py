"""Special needs come in by files, beside what their customers need already."""

import pytest

from core.audit.models import AuditEvent
from customers.models import CustomerNeed
from customers.needs.days import days_named
from customers.services.needs import add_need, change_need
from tests.factories.customers import make_customer
from tests.factories.files import imported, outcomes, rows_of, undone

CONTENT = (
    "客户编号,易碎,危险品,冷链,楼层,语言,开票\n"
    "C-1,是,第3类 易燃液体,2~8℃,6楼,粤语,增值税专用发票\n"
    "C-2,否,yes,,,,\n"
    "C-3,也许,,热,,,\n"
    "C-9,是,,,,,\n"
)


@pytest.fixture
def customers(tenant, now):
    return [make_customer(number=number, at=now) for number in ("C-1", "C-2", "C-3")]


def stored():
    return sorted(CustomerNeed.objects.values_list("customer__number", "kind", "version"))


def test_needs_are_written_down_and_undone(customers, supervisor, now):
    batch = imported(CONTENT, kind="needs", by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "created", ""),
        (4, "refused", "Fragile goods: Write yes or no. Cold chain: Write the temperatures such as 2 to 8."),
        (5, "refused", "No customer has this number. Bring in the customers first."),
    ]
    assert {need.kind: need.details for need in CustomerNeed.objects.filter(customer=customers[0])} == {
        "fragile": {},
        "dangerous": {"hazard_class": "3"},
        "cold_chain": {"from_degree": 2, "to_degree": 8},
        "floor": {"floor": 6},
        "language": {"language": "yue"},
        "invoice": {"rule": "special_vat"},
    }
    assert [(need.kind, need.details) for need in CustomerNeed.objects.filter(customer=customers[1])] == [
        ("dangerous", {})
    ]
    again = imported(CONTENT, kind="needs", by=supervisor, at=now)
    assert [row.status for row in rows_of(again)] == ["unchanged", "unchanged", "refused", "refused"]

    assert undone(batch, by=supervisor, at=now).counts == {"undone": 2, "refused": 2}
    assert stored() == []
    assert AuditEvent.objects.filter(action="need.added").count() == 7
    assert AuditEvent.objects.filter(action="need.removed").count() == 7


def windows_of(customer):
    needs = CustomerNeed.objects.filter(customer=customer, kind="time_window").order_by("pk")
    return [(need.details["days"], need.details["opens"], need.details["closes"]) for need in needs]


def test_time_windows_come_beside_those_that_are_known_and_are_undone(customers, supervisor, now):
    week = [1, 2, 3, 4, 5]
    morning = {"days": week, "opens": "09:00", "closes": "12:00"}
    add_need(customer=customers[0], kind="time_window", details=morning, by=None, at=now)
    content = (
        "客户编号,取件时间\n"
        "C-1,周一至周五 9:00-12:00，14:00-18:00；周六 10点到12点半\n"
        "C-2,Mon-Fri 09:00-12:00\n"
        "C-3,星期一、三 9:00-8:00\n"
    )

    batch = imported(content, kind="needs", by=supervisor, at=now)

    assert outcomes(batch) == [
        (2, "created", ""),
        (3, "created", ""),
        (4, "refused", "Time window: The window ends after it begins."),
    ]
    known = (week, "09:00", "12:00")
    assert windows_of(customers[0]) == [known, (week, "14:00", "18:00"), ([6], "10:00", "12:30")]
    assert windows_of(customers[1]) == [known]
    again = imported(content, kind="needs", by=supervisor, at=now)
    assert [row.status for row in rows_of(again)] == ["unchanged", "unchanged", "refused"]

    undone(batch, by=supervisor, at=now)

    assert (windows_of(customers[0]), windows_of(customers[1])) == ([known], [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("soon", "“soon” is no time window. Write it such as Mon-Fri 09:00-12:00, and several with semicolons."),
        ("Mon 25:00-26:00", "Enter a time such as 09:00."),
        ("; ".join(f"Mon {hour}:00-{hour}:30" for hour in range(8)), "No more time windows can be added."),
    ],
)
def test_time_windows_that_are_none_or_too_many_are_refused(customers, supervisor, now, *, text, words):
    batch = imported(
        f'customer number,time windows\nC-1,"{text}"\nC-2,daily 9-12\n', kind="needs", by=supervisor, at=now
    )

    [(_line, status, said), other] = outcomes(batch)
    assert (status, said.removeprefix("Time window: "), other) == ("refused", words, (3, "created", ""))
    assert (windows_of(customers[0]), windows_of(customers[1])) == ([], [([1, 2, 3, 4, 5, 6, 7], "09:00", "12:00")])


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", [1, 2, 3, 4, 5]),
        ("fri-mon", [1, 5, 6, 7]),
        ("mon., wed and fri", [1, 3, 5]),
        ("weekends", [6, 7]),
        ("工作日", [1, 2, 3, 4, 5]),
        ("星期一、三、五", [1, 3, 5]),
        ("周一三五", [1, 3, 5]),
        ("周六至周日", [6, 7]),
        ("", [1, 2, 3, 4, 5, 6, 7]),
        ("someday", None),
        ("mon-xyz", None),
    ],
)
def test_days_in_words(text, days):
    assert days_named(text) == days


def test_known_needs_get_other_details_and_undo_leaves_what_was_touched_since(customers, supervisor, now):
    floors = [
        add_need(customer=customer, kind="floor", details={"floor": 3}, by=None, at=now) for customer in customers[:2]
    ]
    content = "客户编号,楼层,易碎\nC-1,6,是\nC-2,7,是\n"

    batch = imported(content, kind="needs", by=supervisor, at=now)
    assert [row.status for row in rows_of(batch)] == ["updated", "updated"]
    change_need(need=floors[1], version=2, details={"floor": 9}, by=supervisor, at=now)
    batch = undone(batch, by=supervisor, at=now)

    assert outcomes(batch) == [(2, "undone", ""), (3, "kept", "Somebody changed it since.")]
    assert stored() == [("C-1", "floor", 3), ("C-2", "floor", 3), ("C-2", "fragile", 1)]
    assert CustomerNeed.objects.get(customer=customers[0]).details == {"floor": 3}
