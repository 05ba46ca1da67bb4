"""Invented customers whose names occur as often as real ones do: a few surnames are everywhere, most are rare."""

import random
from collections.abc import Iterator

from customers.enums import ContactPointKind, CustomerKind
from customers.opening import Archive, NewContact
from customers.services import NewContactPoint

# With their share of the population in thousandths, after the household registration's report of 2020.
SURNAMES = {
    "王": 72,
    "李": 72,
    "张": 67,
    "刘": 51,
    "陈": 45,
    "杨": 31,
    "黄": 22,
    "赵": 21,
    "周": 20,
    "吴": 19,
    "徐": 17,
    "孙": 15,
    "朱": 13,
    "马": 13,
    "胡": 12,
    "郭": 11,
    "林": 11,
    "何": 11,
    "高": 10,
    "梁": 9,
    "郑": 9,
    "罗": 9,
    "宋": 8,
    "谢": 8,
    "唐": 7,
    "韩": 7,
    "曹": 6,
    "许": 6,
    "邓": 6,
    "萧": 6,
    "冯": 6,
    "曾": 5,
    "程": 5,
    "蔡": 5,
    "彭": 5,
    "潘": 5,
    "袁": 5,
    "于": 5,
    "董": 5,
    "余": 5,
    "苏": 5,
    "叶": 5,
    "吕": 5,
    "魏": 4,
    "蒋": 4,
    "田": 4,
    "杜": 4,
    "丁": 4,
    "沈": 4,
    "姜": 4,
    "范": 4,
    "江": 3,
    "傅": 3,
    "钟": 3,
    "卢": 3,
    "汪": 3,
    "戴": 3,
    "崔": 3,
    "任": 3,
    "陆": 3,
    "廖": 3,
    "姚": 3,
    "方": 3,
    "金": 3,
    "邱": 3,
    "夏": 3,
    "谭": 3,
    "韦": 3,
    "贾": 3,
    "邹": 3,
    "石": 3,
    "熊": 3,
    "孟": 3,
    "秦": 3,
    "阎": 3,
    "薛": 3,
    "侯": 3,
    "雷": 3,
    "白": 3,
    "龙": 3,
    "段": 3,
    "郝": 3,
    "孔": 2,
    "邵": 2,
    "史": 2,
    "毛": 2,
    "常": 2,
    "万": 2,
    "顾": 2,
    "赖": 2,
    "武": 2,
    "康": 2,
    "贺": 2,
    "严": 2,
    "尹": 2,
    "钱": 2,
    "施": 2,
    "牛": 2,
    "洪": 2,
    "龚": 2,
    "单": 1,
    "欧阳": 1,
}
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀英华慧建国玉兰桂芝文辉志刚海燕春梅晓东雪婷佳怡子轩雨桐浩宇欣妍梓涵思远"
    "宏博俊凯鹏飞振宁立新永红光荣庆德福生成林森鑫钰琪瑶璐颖倩莹蕾薇琳霞云月星辰阳晨旭昊天泽润嘉诚信义仁智礼"
)
PLACES = (
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "苏州",
    "南京",
    "成都",
    "武汉",
    "重庆",
    "天津",
    "西安",
    "长沙",
    "青岛",
    "宁波",
    "佛山",
    "东莞",
    "义乌",
    "厦门",
    "福州",
    "合肥",
    "郑州",
    "济南",
    "沈阳",
    "大连",
    "昆明",
    "无锡",
    "常州",
    "温州",
    "泉州",
)
BRAND = "华兴瑞丰恒达金源明德顺和同创远航云锦蓝海佳禾星辉百川众合鼎盛宏图天成永利新科联众东方嘉美安泰康宁"
TRADES = (
    "服饰",
    "电子科技",
    "家居用品",
    "食品",
    "医药",
    "汽车配件",
    "电子商务",
    "文化传媒",
    "国际贸易",
    "供应链管理",
    "机械设备",
    "化妆品",
    "玩具",
    "五金制品",
    "图书",
    "茶叶",
    "皮具",
    "纺织",
    "物流",
    "建材",
)
FORMS = ("有限公司", "有限公司", "有限责任公司", "股份有限公司")
FIRST_NAMES = (
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Sarah",
    "Charles",
    "Karen",
    "Oliver",
    "Amelia",
    "Noah",
    "Isla",
    "George",
    "Ava",
    "Arthur",
    "Freya",
    "Leo",
    "Grace",
    "Harriet",
    "Oscar",
    "Hugo",
    "Mia",
)
LAST_NAMES = (
    "Smith",
    "Jones",
    "Taylor",
    "Brown",
    "Williams",
    "Wilson",
    "Johnson",
    "Davies",
    "Patel",
    "Robinson",
    "Wright",
    "Thompson",
    "Evans",
    "Walker",
    "White",
    "Roberts",
    "Green",
    "Hall",
    "Wood",
    "Jackson",
    "Clarke",
    "Whitfield",
    "Harrington",
    "Ashworth",
    "Blackwood",
    "Pemberton",
    "Kingsley",
    "Marlowe",
    "Thackeray",
)
LATIN_SHARE = 0.08
PERSON_SHARE = 0.7


def person(chance: random.Random) -> str:
    """Return a person's name; of Chinese ones three in four have two characters besides the surname."""
    if chance.random() < LATIN_SHARE:
        return f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
    surname = chance.choices(tuple(SURNAMES), tuple(SURNAMES.values()))[0]
    return surname + "".join(chance.choice(GIVEN) for _each in range(1 if chance.random() < 0.25 else 2))


def company(chance: random.Random) -> str:
    """Return a company's name: place, brand, trade and form."""
    if chance.random() < LATIN_SHARE:
        return f"{chance.choice(LAST_NAMES)} {chance.choice(LAST_NAMES)} Trading Ltd"
    brand = "".join(chance.choice(BRAND) for _each in range(chance.choice((2, 2, 3))))
    return f"{chance.choice(PLACES)}{brand}{chance.choice(TRADES)}{chance.choice(FORMS)}"


def phone(chance: random.Random) -> str:
    """Return a mobile number in E.164."""
    return f"+861{chance.choice('3578')}{chance.randrange(10**9):09}"


def archives(chance: random.Random, count: int, *, start: int = 0) -> Iterator[Archive]:
    """Yield customers, each with somebody who speaks for it, a phone and an e-mail address."""
    for index in range(start, start + count):
        number = f"C{index:08}"
        is_person = chance.random() < PERSON_SHARE
        name = person(chance) if is_person else company(chance)
        points = (
            NewContactPoint(kind=ContactPointKind.PHONE, value=phone(chance), is_preferred=True),
            NewContactPoint(kind=ContactPointKind.EMAIL, value=f"{number.lower()}@mail{chance.randrange(50)}.example"),
        )
        yield Archive(
            number=number,
            kind=CustomerKind.INDIVIDUAL if is_person else CustomerKind.COMPANY,
            name=name,
            contacts=(NewContact(name=name if is_person else person(chance), points=points),),
        )
