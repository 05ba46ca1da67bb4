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


# Columns as systems and spreadsheets name them, and which fact each is.
HEADS = {
    "sharecrm": (
        "客户名称(必填):company_name|客户全称:|电话1:other_phone|手机号码:phone|所在省:region|所在市:city|详细地址:street|"
        "负责人:account_manager|归属部门:|创建时间:|最后跟进时间:|客户级别:|成交状态:|客户编号:number"
    ),
    "kingdee": (
        "客户编码*:number|客户名称*:company_name|客户类别:|联系人:contact_name|移动电话:phone|电子邮件:email|"
        "通讯地址:street|专管业务员:account_manager"
    ),
    "courier's sheet": (
        "月结卡号:number|公司全称:company_name|联系人姓名:contact_name|联系电话:phone|取件地址:street|所属区域:region|"
        "业务员:account_manager|月均票数:"
    ),
    "sheet with numbers": (
        "序号:|客户 编号:number|客户　名称:company_name|手机1:phone|手机2:other_phone|邮箱:email|"
        "详细地址（省市区街道）:street|备注:special_needs|ＱＱ:"
    ),
    "English sheet": (
        "Company ID:number|Company Name (required):company_name|Industry Type:industry|Primary Contact:contact_name|"
        "Contact Number:phone|Email Address:email|Street Address:street|City/Town:city|State/Province:region|"
        "ZIP/Postal Code:postal_code|Sales Rep:account_manager|Notes:special_needs"
    ),
    "Pipedrive": (
        "Organization ID:number|Organization Name:company_name|Owner:account_manager|Address:street|Phone - Work:phone|"
        "Email - Work:email|Label:|Lead Source:source"
    ),
    "QuickBooks": (
        "Customer No.:number|Customer:company_name|Phone Numbers:phone|Email:email|Billing street:street|"
        "Billing city:city|Billing zip:postal_code|Billing country:address_country"
    ),
}


@pytest.mark.parametrize("told", HEADS.values(), ids=HEADS)
def test_heads_of_other_systems_and_sheets(told, tenant):
    heads, names = zip(*(each.rsplit(":", 1) for each in told.split("|")), strict=True)

    assert guess(heads, [[]] * len(heads), kind_of("customers").fields()) == list(names)


def test_first_of_several_is_the_plain_one_and_the_second_another(tenant):
    heads = ["客户ID", "联系人1", "电话1", "电话2", "邮箱1"]

    found = guess(heads, [[]] * 5, kind_of("contacts").fields())

    assert found == ["customer_number", "name", "phone", "other_phone", "email"]


def test_values_tell_what_a_customers_column_holds(tenant):
    values = [
        ["KH0001", "KH0002"],
        ["深圳顺达物流有限公司", "Blue Kiln Ltd"],
        ["13812345678"],
        ["li@example.com"],
        ["广东省深圳市南山区科技路1号"],
        ["5000000", "1200000"],
    ]

    found = guess(list("abcdef"), values, kind_of("customers").fields())

    assert found == ["number", "company_name", "phone", "email", "street", ""]
