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
    # What a concern of several firms of one brand is called.
    group_form: str
    sources: Sequence[str]
    # The place of those that other customers brought among them.
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
    # The same for the customer of each story, with how many days ago.
    stories: dict[str, Sequence[tuple[int, str, str, str]]]
    # What is to be done, in the order of the plan in courier_crm.demo.follow_ups.
    follow_ups: Sequence[str]
    # What is promised to key customers, by the kind of the item of a plan.
    promises: dict[str, str]
    # The file that was signed with them: its name, and what it is.
    agreement_name: str
    agreement_note: str
    # Who else would like the business, and what they are good at.
    competitors: Sequence[tuple[str, str]]
    # What each opportunity is about, and what the customer needs.
    opportunities: Sequence[tuple[str, str]]
    # What is kept of customers besides: the labels of the contract, parcels a day and renewal, and the contracts.
    own_fields: tuple[str, str, str]
    contracts: Sequence[str]
    # What was learnt of the market, with the first, the seventh and the last of them.
    market_notes: Sequence[str]


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
    group_form="{brand}集团",
    sources=("网点", "官网", "展会", "客户推荐", "电商平台"),
    tags=("月结", "电商", "冷链", "易碎品", "跨境"),
    positions=("物流经理", "采购主管", "前台", "总经理"),
    street_form="{family}家路{number}号{unit}室",
    phone_form="1390000{number:04}",
    outlet_form="{city}{number}号网点",
    goods=("文件", "服装", "电子产品", "食品", "日用品", "药品"),
    products={"air": "特快", "road": "标快", "rail": "经济快件", "same_city": "同城急送"},
    agreement_name="{number} 服务协议.pdf",
    agreement_note="双方已签署的年度服务协议",
    promises={
        "product": "省内及主要城市次日达，全部运单按承诺时间派送。",
        "pickup": "工作日上门取件，8 点至 20 点之间完成。",
        "packaging": "使用可循环材料包装，随货附回收说明。",
        "route": "主要线路三天内送达。",
        "price": "首重与续重按年度协议价，月运量满 3000 票再享九五折。",
        "billing": "月结，次月 10 日前开票，20 日前付款。",
    },
    competitors=(
        ("飞燕速运", "价格低，县乡网点多；高峰期时效不稳。"),
        ("联达物流", "大件和整车强，账期长；信息系统弱。"),
    ),
    own_fields=("合同类型", "日均件量", "合同续签日"),
    contracts=("框架合同", "年度合同", "散客"),
    opportunities=(
        ("华东仓直发，整批上门取件", "每天下午四点前取件，要求次日达。"),
        ("电商退货统一处理", "退货量大，希望统一收件、质检后入仓。"),
        ("生鲜冷链试运行", "先在省内三个城市试一个月。"),
        ("同城当日达", "门店之间调货，下单后四小时内送到。"),
        ("跨省干线改走航空", "现有时效三天，希望缩短到两天以内。"),
        ("样品册全国派送", "每季度一次，约两千份。"),
        ("全年运费协议", "希望按月量阶梯定价，月结三十天。"),
        ("保价件专属通道", "高价值产品，要求全程监控、签单返还。"),
        ("独家合作：发货与售后一体", "发货、退换、对账由一家负责。"),
        ("展会物资往返", "展会期间集中发运，对方报价更低。"),
    ),
    market_notes=(
        "飞燕上月在本地新设分拨中心，取件时间推迟到晚上七点。",
        "联达给月结客户加长账期至六十天，价格未变。",
        "展会季前对方普遍降价一成，展会后恢复。",
    ),
    override_reason="战略合作客户，已签年度框架协议",
    follow_ups=(
        "上门谈挽留：件量已不到半年前的五分之一，带上新报价",
        "回电说明近期破损的处理结果",
        "发送大促备车方案",
        "每周例行致电，确认下周预计件量",
        "核查上月账单与运单是否一致",
        "告知节前最后揽收时间",
        "整理本周客户反馈，交主管",
        "询问新仓启用时间",
        "拜访新任采购负责人",
    ),
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
    stories={
        "decline": (
            (118, "call", "outbound", "月度回访：旺季后件量略降，客户说是季节因素。"),
            (83, "visit", "outbound", "上门拜访：仓库里看到两家同行的面单，部分线路已在比价。"),
            (61, "email", "inbound", "来信要求重新报价，附了同行的价格，低约一成。"),
            (55, "email", "outbound", "已回复新报价，承诺增派专属揽收车。"),
            (30, "call", "outbound", "跟进报价：采购换了负责人，决定推迟。"),
            (9, "note", "", "件量已不到半年前的五分之一，需主管出面挽留。"),
        ),
        "growth": (
            (138, "call", "inbound", "新客户咨询开户，主营直播电商，首月预计每天二三十票。"),
            (96, "visit", "outbound", "参观打包间：人手不够，建议使用我们的打印一体机。"),
            (52, "wechat", "inbound", "直播间上新，日件量翻倍，要求晚间加一趟揽收。"),
            (24, "call", "outbound", "确认月结合同，件量已稳定，客户希望有专人对接。"),
            (6, "wechat", "inbound", "下月大促预计再增五成，已安排备车。"),
        ),
        "trouble": (
            (41, "call", "inbound", "反映三票件延误，收件人投诉，要求说明原因。"),
            (38, "call", "outbound", "回电说明：中转场爆仓，已安排优先派送。"),
            (33, "email", "inbound", "来信附破损照片五张，要求理赔。"),
            (27, "call", "inbound", "再次来电：又有两票破损，质疑装卸方式。"),
            (22, "chat", "inbound", "一票显示签收但收件人未收到，要求查底单。"),
            (19, "call", "inbound", "催问理赔进度，语气不满。"),
            (12, "wechat", "inbound", "转来收件人的差评截图，要求当天给方案。"),
            (7, "visit", "outbound", "与主管一同上门致歉，商定改用木箱并每日通报延误件。"),
            (2, "call", "inbound", "本周仍有延误，表示再发生将正式投诉。"),
        ),
    },
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
    group_form="{brand} Group",
    sources=("Depot", "Website", "Trade fair", "Referral", "Marketplace"),
    tags=("monthly account", "e-commerce", "chilled", "fragile", "export"),
    positions=("Logistics manager", "Buyer", "Front desk", "Director"),
    street_form="{number} {family} Street, Unit {unit}",
    phone_form="+44 161 496 0{number:03}",
    outlet_form="{city} depot {number}",
    goods=("Documents", "Clothing", "Electronics", "Food", "Household", "Medicine"),
    products={"air": "Express", "road": "Standard", "rail": "Economy", "same_city": "Same day"},
    agreement_name="{number} agreement.pdf",
    agreement_note="The agreement for the year, signed by both",
    promises={
        "product": "Next day to all main cities; every parcel is delivered by its promised time.",
        "pickup": "Picked up at your door on working days, between 8 a.m. and 8 p.m.",
        "packaging": "Packed in recycled material, with a note on how to return it.",
        "route": "Delivered within three days on your main route.",
        "price": "Rates of the yearly agreement; five per cent off from 3,000 parcels a month.",
        "billing": "Billed monthly by the 10th, payable by the 20th.",
    },
    competitors=(
        ("Swallow Express", "Cheap, with many rural outlets; unreliable at peak times."),
        ("Unity Freight", "Strong in large items, long terms of payment; weak systems."),
    ),
    own_fields=("Contract", "Parcels a day", "Renewal of the contract"),
    contracts=("Framework", "Annual", "Spot"),
    opportunities=(
        ("Dispatch from the eastern warehouse", "Collected daily before four, delivered the next day."),
        ("Returns handled in one place", "Many returns: received, checked and put back in stock by us."),
        ("Trial of a cold chain", "A month in three cities first."),
        ("Same-day transfers between shops", "Delivered within four hours of the order."),
        ("Air instead of road on the long lane", "Three days today; two at most are wanted."),
        ("Sample books to all dealers", "Four times a year, some two thousand each."),
        ("Freight agreement for a year", "Prices by monthly volume, thirty days to pay."),
        ("Lane of its own for insured parcels", "Watched all the way, signed notes returned."),
        ("All from one hand: dispatch and after-sales", "Dispatch, exchange and settlement by one partner."),
        ("Goods for trade fairs, there and back", "Shipped at once for each fair; another offer was lower."),
    ),
    market_notes=(
        "Swallow opened a sorting centre here last month and now collects until seven.",
        "Unity gives sixty days to pay to those who are billed monthly; its prices are the same.",
        "Before the fairs others go down by a tenth, and up again after them.",
    ),
    override_reason="Strategic partner with a signed framework agreement",
    follow_ups=(
        "Visit and win them back: a fifth of what they sent half a year ago; bring the new quote",
        "Call back about the damaged parcels and what became of the claims",
        "Send the plan of vans for the sale",
        "Weekly call: how many parcels next week",
        "Check last month's invoice against the waybills",
        "Tell them the last pickup before the holidays",
        "Sum up this week's feedback for the supervisor",
        "Ask when the new warehouse opens",
        "Visit the new head of purchasing",
    ),
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
    stories={
        "decline": (
            (
                118,
                "call",
                "outbound",
                "Monthly call: a little less after the season, which they put down to the time of year.",
            ),
            (
                83,
                "visit",
                "outbound",
                "Saw labels of two other couriers in the warehouse; some lanes are being compared.",
            ),
            (61, "email", "inbound", "Asked for a new quote and enclosed a competitor's, about a tenth lower."),
            (55, "email", "outbound", "Sent the new quote, with a van of their own for pickups."),
            (30, "call", "outbound", "Followed up: purchasing has somebody new, and the decision is put off."),
            (9, "note", "", "Less than a fifth of what they shipped half a year ago. The supervisor should step in."),
        ),
        "growth": (
            (
                138,
                "call",
                "inbound",
                "Asked about an account: sells by live video, twenty or thirty parcels a day to begin with.",
            ),
            (96, "visit", "outbound", "Saw the packing room. They are short of hands; suggested our label printer."),
            (52, "email", "inbound", "Parcels doubled with the new line; asked for a second pickup in the evening."),
            (24, "call", "outbound", "Confirmed the monthly account. They would like one person to talk to."),
            (6, "email", "inbound", "Next month's sale: half as many again. Vans are booked."),
        ),
        "trouble": (
            (41, "call", "inbound", "Three parcels are late, and their customers complain. Wants to know why."),
            (38, "call", "outbound", "Called back: the hub was overfull; their parcels go first now."),
            (33, "email", "inbound", "Sent five photographs of damaged parcels and asked for compensation."),
            (27, "call", "inbound", "Called again: two more damaged, and doubts about how we load."),
            (22, "chat", "inbound", "One shows as delivered, yet nobody has it. Asked for the proof of delivery."),
            (19, "call", "inbound", "Asked how far the compensation is, and was not pleased."),
            (12, "email", "inbound", "Forwarded bad reviews by their customers; wants a plan today."),
            (
                7,
                "visit",
                "outbound",
                "Apologised there with the supervisor: wooden boxes from now on, and a daily list of what is late.",
            ),
            (2, "call", "inbound", "Still late this week. Next time it will be a formal complaint."),
        ),
    },
)

COURIERS = (SUDI, PARCELWAY)
