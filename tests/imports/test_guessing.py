"""Which column holds which field: by its head in either language, else by what stands in it."""

import pytest

from core.imports.guessing import guess
from core.imports.kinds import kind_of


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("客户编号*", "number"),
        ("Customer Number", "number"),
        ("customer_number", "number"),
        ("公司名称（必填）", "company_name"),
        ("ＣＯＭＰＡＮＹ", "company_name"),
        ("Account Name", "company_name"),
        ("出生日期", "birthday"),
        ("负责人", "account_manager"),
        ("Notes on needs", "special_needs"),
        ("需求备注", "special_needs"),
        ("Special needs", "special_needs"),
        ("特殊需求", "special_needs"),
        ("颜色", ""),
    ],
)
def test_heads(head, field, tenant):
    assert guess([head], [[]], kind_of("customers").fields()) == [field]


def test_each_field_is_guessed_once_and_the_head_goes_before_the_values(tenant):
    columns = ["客户编号", "姓名", "x", "y", "手机", "z"]
    values = [["C-1"], ["Li"], ["13812345678", "13912345678"], ["a@example.com"], ["13712345678"], ["13612345678"]]

    found = guess(columns, values, kind_of("contacts").fields())

    assert found == ["customer_number", "name", "other_phone", "email", "phone", ""]


def test_a_few_other_values_do_not_hide_what_a_column_holds(tenant):
    values = [["13812345678", "13812345679", "13812345670", "13812345671", "unknown"], ["unknown", "13812345678"]]

    assert guess(["x", "y"], values, kind_of("contacts").fields()) == ["phone", ""]
