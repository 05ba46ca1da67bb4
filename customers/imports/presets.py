"""The columns of exports of other systems. Where each name is from, and which is not verified: docs/presets.md."""

import re

from django.utils.translation import gettext_lazy as _

from core.imports.presets import Meaning, Preset
from core.imports.texts import YES

US_DAY = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})(?:[ T].*)?")
ID_OF_18 = re.compile(r"[A-Za-z0-9]{18}")
SALESFORCE_ID = 15
# What an enumeration looks like that was exported by its key, such as COMPUTER_SOFTWARE.
ENUMERATED = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")


def short_id(text: str) -> str:
    """Return an id of Salesforce in its form of 15 letters: reports have that one, the data export adds three."""
    return text[:SALESFORCE_ID] if ID_OF_18.fullmatch(text) else text


def first_id(text: str) -> str:
    """Return the first of several ids in a cell."""
    return text.split(";", maxsplit=1)[0].strip()


def iso_day(text: str) -> str:
    """Return 12/31/2026 as 2026-12-31: the month first, unless it can be none. Other texts stay as they are."""
    match = US_DAY.fullmatch(text.strip())
    if not match:
        return text
    month, day = int(match[1]), int(match[2])
    if month > 12:
        month, day = day, month
    return f"{match[3]}-{month:02}-{day:02}"


def kind_of_person(text: str) -> str:
    """Return our kind for a cell that says whether an account is a person."""
    return "individual" if text.strip().casefold() in YES else "company"


def in_words(text: str) -> str:
    """Return the key of a choice as words, COMPUTER_SOFTWARE as Computer software; others as they are."""
    return text.replace("_", " ").capitalize() if ENUMERATED.fullmatch(text) and len(text) > 3 else text


def _signs(*signs: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(sign.split("|")) for sign in signs)


SALESFORCE_ACCOUNTS = _signs("Account ID|Account Name", "Id|Name|BillingStreet", "客户 ID|客户名|开单邮寄地址所在街道")
ZOHO_ACCOUNTS = _signs("Record Id|Account Name", "Account Id|Account Name|Billing Code", "记录 ID|客户名称|开单邮编")
HUBSPOT_COMPANIES = _signs("Record ID|Company name", "记录 ID|公司名称")
FXIAOKE_ACCOUNTS = _signs("客户编号|客户名称|生命状态", "客户编号|客户名称|归属部门", "客户编号|客户名称|成交状态")
# What else these exports usually have: a file with most of it is one, though some heads were written otherwise.
USUAL_SALESFORCE = _signs(
    "Account ID|Account Name|Account Owner|Billing Street|Billing City|Billing State/Province|"
    "Billing Zip/Postal Code|Last Modified Date|Account Source"
)
USUAL_ZOHO = _signs(
    "Record Id|Account Name|Account Owner|Billing Street|Billing City|Billing State|Billing Code|Account Number",
    "记录 ID|客户名称|客户所有者|开单街道|开单城市|开单省份|开单邮编",
)
USUAL_HUBSPOT = _signs(
    "Record ID|Company name|Company owner|Create Date|State/Region|Street Address|Lifecycle Stage|Last Activity Date",
    "记录 ID|公司名称|公司所有者|创建日期|州/地区|街道地址|生命周期阶段",
)
USUAL_FXIAOKE = _signs(
    "客户名称|客户编号|客户级别|负责人|归属部门|生命状态|成交状态|创建时间|最后跟进时间|最后修改时间|创建人"
)

SALESFORCE_IDS: dict[str, Meaning] = {"number": short_id, "customer_number": short_id}

PRESETS = (
    Preset(
        name="salesforce",
        kind="customers",
        label=_("Salesforce accounts"),
        signs=SALESFORCE_ACCOUNTS,
        usual=USUAL_SALESFORCE,
        columns={
            "number": ("Account ID", "Id", "客户 ID", "Account Number"),
            "company_name": ("Account Name", "Name", "客户名"),
            "kind": ("Is Person Account", "IsPersonAccount"),
            "industry": ("Industry", "行业"),
            "region": ("Billing State/Province", "BillingState", "开单邮寄地址所在省/自治区/直辖市"),
            "source": ("Account Source", "AccountSource", "客户来源"),
            "special_needs": ("Account Description", "Description", "描述"),
            "birthday": ("Birthdate", "PersonBirthdate"),
            "phone": ("Phone", "电话"),
            "street": ("Billing Street", "Billing Address Line 1", "BillingStreet", "开单邮寄地址所在街道"),
            "city": ("Billing City", "BillingCity", "开单邮寄地址所在城市"),
            "postal_code": ("Billing Zip/Postal Code", "BillingPostalCode", "开单邮寄地址的邮政编码"),
        },
        meanings={**SALESFORCE_IDS, "kind": kind_of_person, "birthday": iso_day},
    ),
    Preset(
        name="salesforce",
        kind="contacts",
        label=_("Salesforce contacts"),
        signs=_signs("Account ID|Last Name", "Account Name|First Name|Last Name", "AccountId|LastName", "客户 ID|姓氏"),
        columns={
            "customer_number": ("Account ID", "AccountId", "客户 ID", "Account Name"),
            "name": ("Last Name", "LastName", "姓氏"),
            "given_name": ("First Name", "FirstName", "名字"),
            "position": ("Title", "职务"),
            "phone": ("Mobile", "MobilePhone", "手机", "Phone", "电话"),
            "other_phone": ("Phone", "电话", "Other Phone", "OtherPhone", "Home Phone", "HomePhone"),
            "email": ("Email", "电子邮件"),
        },
        meanings=SALESFORCE_IDS,
    ),
    Preset(
        name="salesforce",
        kind="addresses",
        label=_("Salesforce accounts"),
        signs=SALESFORCE_ACCOUNTS,
        usual=USUAL_SALESFORCE,
        columns={
            "customer_number": ("Account ID", "Id", "客户 ID"),
            "street": ("Billing Street", "Billing Address Line 1", "BillingStreet", "开单邮寄地址所在街道"),
            "city": ("Billing City", "BillingCity", "开单邮寄地址所在城市"),
            "region": ("Billing State/Province", "BillingState", "开单邮寄地址所在省/自治区/直辖市"),
            "postal_code": ("Billing Zip/Postal Code", "BillingPostalCode", "开单邮寄地址的邮政编码"),
        },
        meanings=SALESFORCE_IDS,
    ),
    Preset(
        name="zoho",
        kind="customers",
        label=_("Zoho CRM accounts"),
        signs=ZOHO_ACCOUNTS,
        usual=USUAL_ZOHO,
        columns={
            "number": ("Record Id", "Account Id", "记录 ID", "Account Number", "客户编号"),
            "company_name": ("Account Name", "客户名称"),
            "industry": ("Industry", "行业"),
            "region": ("Billing State", "开单省份"),
            "tags": ("Tag", "标签"),
            "special_needs": ("Description", "描述"),
            "phone": ("Phone", "电话"),
            "street": ("Billing Street", "开单街道"),
            "city": ("Billing City", "开单城市"),
            "postal_code": ("Billing Code", "开单邮编"),
        },
        meanings={"industry": in_words},
    ),
    Preset(
        name="zoho",
        kind="contacts",
        label=_("Zoho CRM contacts"),
        signs=_signs(
            "Record Id|Contact Owner|Account Name|Last Name",
            "Contact Id|Last Name",
            "Account Name.id|Last Name",
            "记录 ID|姓氏",
        ),
        columns={
            "customer_number": ("Account Name.id", "Account Id", "客户名称.id", "Account Name", "客户名称"),
            "name": ("Last Name", "姓氏", "Full Name"),
            "given_name": ("First Name", "名字"),
            "position": ("Title", "职务"),
            "phone": ("Mobile", "手机", "Phone", "电话"),
            "other_phone": ("Phone", "电话", "Other Phone", "Home Phone"),
            "email": ("Email", "邮箱"),
        },
    ),
    Preset(
        name="zoho",
        kind="addresses",
        label=_("Zoho CRM accounts"),
        signs=ZOHO_ACCOUNTS,
        usual=USUAL_ZOHO,
        columns={
            "customer_number": ("Record Id", "Account Id", "记录 ID"),
            "street": ("Billing Street", "开单街道"),
            "city": ("Billing City", "开单城市"),
            "region": ("Billing State", "开单省份"),
            "postal_code": ("Billing Code", "开单邮编"),
        },
    ),
    Preset(
        name="hubspot",
        kind="customers",
        label=_("HubSpot companies"),
        signs=HUBSPOT_COMPANIES,
        usual=USUAL_HUBSPOT,
        columns={
            "number": ("Record ID", "记录 ID"),
            "company_name": ("Company name", "公司名称"),
            "industry": ("Industry", "行业"),
            "region": ("State/Region", "州/地区"),
            "source": ("Original Traffic Source", "Original Source Type", "原始来源类型"),
            "special_needs": ("Description", "描述"),
            "phone": ("Phone Number", "电话号码"),
            "street": ("Street Address", "街道地址"),
            "city": ("City", "城市"),
            "postal_code": ("Postal Code", "邮政编码"),
        },
        meanings={"industry": in_words, "source": in_words},
    ),
    Preset(
        name="hubspot",
        kind="contacts",
        label=_("HubSpot contacts"),
        signs=_signs("Record ID|First Name|Last Name", "记录 ID|名字|姓氏"),
        columns={
            "customer_number": (
                "Primary Associated Company ID",
                "Associated Company IDs (Primary)",
                "Associated Company IDs",
                "Company Name",
                "公司名称",
            ),
            "name": ("Last Name", "姓氏"),
            "given_name": ("First Name", "名字"),
            "position": ("Job Title", "职位"),
            "phone": ("Mobile Phone Number", "手机号码", "Phone Number", "电话号码"),
            "other_phone": ("Phone Number", "电话号码"),
            "email": ("Email", "电子邮件"),
        },
        meanings={"customer_number": first_id},
    ),
    Preset(
        name="hubspot",
        kind="addresses",
        label=_("HubSpot companies"),
        signs=HUBSPOT_COMPANIES,
        usual=USUAL_HUBSPOT,
        columns={
            "customer_number": ("Record ID", "记录 ID"),
            "street": ("Street Address", "街道地址"),
            "city": ("City", "城市"),
            "region": ("State/Region", "州/地区"),
            "postal_code": ("Postal Code", "邮政编码"),
        },
    ),
    Preset(
        name="fxiaoke",
        kind="customers",
        label=_("ShareCRM (纷享销客) customers"),
        signs=FXIAOKE_ACCOUNTS,
        usual=USUAL_FXIAOKE,
        columns={
            "number": ("客户编号",),
            "company_name": ("客户名称",),
            "industry": ("所属行业", "一级行业", "1级行业", "行业"),
            "region": ("省",),
            "source": ("来源", "客户来源"),
            "tags": ("标签",),
            "special_needs": ("备注",),
            "phone": ("手机", "手机1", "电话", "电话1"),
            "email": ("邮件", "邮箱"),
            "street": ("详细地址", "地址"),
            "city": ("市",),
            "district": ("区",),
            "postal_code": ("邮编",),
        },
    ),
    Preset(
        name="fxiaoke",
        kind="contacts",
        label=_("ShareCRM (纷享销客) contacts"),
        signs=_signs("姓名|客户名称|生命状态", "姓名|客户名称|归属部门", "姓名|客户编号|手机1"),
        columns={
            "customer_number": ("客户编号", "客户名称.客户编号", "客户名称"),
            "name": ("姓名",),
            "position": ("职务",),
            "is_primary": ("是否主联系人", "主要联系人"),
            "phone": ("手机1", "手机", "电话1", "电话"),
            "other_phone": ("电话1", "手机2", "电话"),
            "email": ("邮件", "邮箱"),
            "wechat": ("微信",),
        },
    ),
    Preset(
        name="fxiaoke",
        kind="addresses",
        label=_("ShareCRM (纷享销客) customers"),
        signs=FXIAOKE_ACCOUNTS,
        usual=USUAL_FXIAOKE,
        columns={
            "customer_number": ("客户编号",),
            "street": ("详细地址", "地址"),
            "city": ("市",),
            "district": ("区",),
            "region": ("省",),
            "postal_code": ("邮编",),
        },
    ),
)
