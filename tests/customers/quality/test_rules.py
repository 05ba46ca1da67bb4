"""What is held against a record, and how much it weighs."""

import pytest

from customers.birthdays import EARLIEST, may_be_birthday
from customers.enums import Fault
from customers.names import is_odd, plain_text
from customers.quality.rules import WEIGHTS, quality_of


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ＡＢＣ　１２３", "ABC 123"),
        ("深圳市顺达物流有限公司（福田）", "深圳市顺达物流有限公司（福田）"),
        ("Blue\u200b\u00a0 Kiln\t Ltd ", "Blue Kiln Ltd"),
        ("Cafe\u0301", "Café"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("R＆D－１", "R&D-1"),
        ("A\u202eB", "AB"),
    ],
)
def test_names_are_stored_in_plain_letters(typed, stored):
    assert plain_text(typed) == stored
    assert plain_text(stored) == stored


@pytest.mark.parametrize(
    "name",
    ["测试", "测试02", "test", "Test 3", "X", "王", "12345", "--", "先生", "女士 ", "aaaa", "无", "N/A"],
)
def test_names_that_can_be_none(name):
    assert is_odd(name)


@pytest.mark.parametrize("name", ["王伟", "Li", "王先生", "顺达物流", "Testarossa Motors", "3M China", "Miss Sixty"])
def test_names_that_can_be(name):
    assert not is_odd(name)


def test_birthdays_lie_between_1900_and_today(now):
    today = now.date()
    assert may_be_birthday(EARLIEST, today=today)
    assert may_be_birthday(today, today=today)
    assert not may_be_birthday(EARLIEST.replace(year=1899), today=today)
    assert not may_be_birthday(today.replace(year=today.year + 1), today=today)


def test_every_fault_weighs_something_and_all_together_leave_nothing():
    assert set(WEIGHTS) == set(Fault)
    assert min(WEIGHTS.values()) > 0
    assert quality_of([]) == 100
    assert quality_of([Fault.NO_CONTACT, Fault.NO_REGION]) == 75
    assert quality_of(WEIGHTS) == 0
