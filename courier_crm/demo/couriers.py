"""The two couriers: what is typical of each and its country. All names are invented."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.accounts.enums import Role


@dataclass(frozen=True, kw_only=True)
class Courier:
    """What is typical of one courier and its country."""

    slug: str
    name: str
    time_zone: str
    currency: str
    language: str
    prefix: str
    price: float
    people: dict[Role, tuple[str, int]]
    departments: Sequence[str]
    families: Sequence[str]
    given: Sequence[str]
    name_form: str
    cities: Sequence[tuple[str, str]]
    brands: Sequence[str]
    trades: Sequence[tuple[str, str]]
    company_form: str
    sources: Sequence[str]
    tags: Sequence[str]
    positions: Sequence[str]
    street_form: str
    phone_form: str
    outlet_form: str
    goods: Sequence[str]
    products: dict[str, str]
    override_reason: str
    # How, in which direction, and what it was about.
    talks: Sequence[tuple[str, str, str]]


SUDI = Courier(
    slug="sudi",
    name="速递通 Sudi Express",
    time_zone="Asia/Shanghai",
    currency="CNY",
    language="zh-hans",
    prefix="SD",
    price=1.0,
    people={
        Role.ADMINISTRATOR: ("周启明", 3),
        Role.SUPERVISOR: ("林晓燕", 0),
        Role.AGENT: ("陈思雨", 0),
        Role.ACCOUNT_MANAGER: ("赵宏伟", 1),
        Role.MARKETING: ("孙悦", 2),
        Role.ANALYST: ("吴嘉文", 2),
        Role.PRIVACY_OFFICER: ("郑慧", 3),
    },
    departments=("客户服务部", "大客户部", "市场部", "管理部"),
    families=tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"),
    given=("伟", "芳", "娜", "敏", "静", "强", "磊", "洋", "艳", "勇", "建华", "晓明", "雨桐", "子轩", "佳怡", "志远"),
    name_form="{family}{given}",
    cities=(
        ("上海", "上海"),
        ("北京", "北京"),
        ("广州", "广东"),
        ("深圳", "广东"),
        ("杭州", "浙江"),
        ("义乌", "浙江"),
        ("成都", "四川"),
        ("武汉", "湖北"),
        ("南京", "江苏"),
        ("苏州", "江苏"),
    ),
    brands=(
        "华兴",
        "恒达",
        "瑞丰",
        "金源",
        "同创",
        "远航",
        "蓝海",
        "明德",
        "佳禾",
        "星辉",
        "云锦",
        "百川",
        "合众",
        "顺和",
    ),
    trades=(
        ("服饰", "服装"),
        ("电子科技", "电子"),
        ("食品", "食品"),
        ("家居用品", "家居"),
        ("医药", "医药"),
        ("文化传媒", "图书文化"),
        ("汽车配件", "汽配"),
        ("电子商务", "电商"),
    ),
    company_form="{city}{brand}{trade}有限公司",
    sources=("网点", "官网", "展会", "客户推荐", "电商平台"),
    tags=("月结", "电商", "冷链", "易碎品", "跨境"),
    positions=("物流经理", "采购主管", "前台", "总经理"),
    street_form="{family}家路{number}号{unit}室",
    phone_form="1390000{number:04}",
    outlet_form="{city}{number}号网点",
    goods=("文件", "服装", "电子产品", "食品", "日用品", "药品"),
    products={"air": "特快", "road": "标快", "rail": "经济快件", "same_city": "同城急送"},
    override_reason="战略合作客户，已签年度框架协议",
    talks=(
        ("call", "inbound", "询问本周发往华南的时效，已告知次日达的截单时间为 18:00。"),
        ("call", "outbound", "回访：对派送时效满意，希望晚间也能上门取件。"),
        ("wechat", "inbound", "发来下月促销的预计件量，约增加三成，需提前备车。"),
        ("email", "outbound", "已发送第三季度对账单，请客户在五个工作日内确认。"),
        ("visit", "outbound", "上门拜访：看了新仓库，装卸口较窄，建议改用小车。"),
        ("note", "", "决策人更看重破损率，价格放在其次；下次带上包装方案。"),
        ("sms", "outbound", "提醒节前最后揽收时间。"),
        ("chat", "inbound", "询问保价比例，已说明按声明价值收取。"),
    ),
)

PARCELWAY = Courier(
    slug="parcelway",
    name="Parcelway",
    time_zone="Europe/London",
    currency="GBP",
    language="en",
    prefix="PW",
    price=0.9,
    people={
        Role.ADMINISTRATOR: ("Helen Marsh", 3),
        Role.SUPERVISOR: ("David Okafor", 0),
        Role.AGENT: ("Sophie Turner", 0),
        Role.ACCOUNT_MANAGER: ("James Whitfield", 1),
        Role.MARKETING: ("Priya Nair", 2),
        Role.ANALYST: ("Tom Gallagher", 2),
        Role.PRIVACY_OFFICER: ("Ruth Bennett", 3),
    },
    departments=("Customer service", "Key accounts", "Marketing", "Head office"),
    families=("Smith", "Jones", "Taylor", "Brown", "Evans", "Walker", "Wright", "Khan", "Hughes", "Murphy", "Patel"),
    given=("Oliver", "Amelia", "Harry", "Isla", "Jack", "Grace", "Noah", "Emily", "Leo", "Chloe", "Adam", "Zara"),
    name_form="{given} {family}",
    cities=(
        ("London", "London"),
        ("Manchester", "North West"),
        ("Liverpool", "North West"),
        ("Birmingham", "West Midlands"),
        ("Leeds", "Yorkshire"),
        ("Sheffield", "Yorkshire"),
        ("Bristol", "South West"),
        ("Glasgow", "Scotland"),
        ("Edinburgh", "Scotland"),
        ("Cardiff", "Wales"),
    ),
    brands=(
        "Harbour",
        "Oakfield",
        "Kingsway",
        "Northgate",
        "Blue Kiln",
        "Ashdown",
        "Foxglove",
        "Millbrook",
        "Stonebridge",
    ),
    trades=(
        ("Clothing", "Fashion"),
        ("Electronics", "Electronics"),
        ("Foods", "Food"),
        ("Interiors", "Home"),
        ("Pharma", "Health"),
        ("Books", "Publishing"),
        ("Motor Parts", "Automotive"),
        ("Online", "E-commerce"),
    ),
    company_form="{brand} {trade} {city} Ltd",
    sources=("Depot", "Website", "Trade fair", "Referral", "Marketplace"),
    tags=("monthly account", "e-commerce", "chilled", "fragile", "export"),
    positions=("Logistics manager", "Buyer", "Front desk", "Director"),
    street_form="{number} {family} Street, Unit {unit}",
    phone_form="+44 7700 90{number:04}",
    outlet_form="{city} depot {number}",
    goods=("Documents", "Clothing", "Electronics", "Food", "Household", "Medicine"),
    products={"air": "Express", "road": "Standard", "rail": "Economy", "same_city": "Same day"},
    override_reason="Strategic partner with a signed framework agreement",
    talks=(
        ("call", "inbound", "Asked for the cut-off for next-day delivery; told them 18:00 at the depot."),
        ("call", "outbound", "Revisit: happy with delivery times, would like an evening pickup as well."),
        ("email", "inbound", "Sent the forecast for next month's promotion: about a third more parcels."),
        ("email", "outbound", "Sent the statement of the quarter; they will confirm within five days."),
        ("visit", "outbound", "Saw the new warehouse. The dock is narrow, so a smaller van suits better."),
        ("note", "", "Damage matters more to them than price. Bring the packaging proposal next time."),
        ("sms", "outbound", "Reminded them of the last pickup before the holiday."),
        ("chat", "inbound", "Asked what insurance costs; explained that it goes by declared value."),
    ),
)

COURIERS = (SUDI, PARCELWAY)
