"""What the columns of customers, contacts and addresses are called in files, beside their labels here."""

from collections.abc import Mapping, Sequence

Heads = Mapping[str, Sequence[str]]

# What stands before the word itself, as in 客户电话 or Customer Phone.
OWNERS = (
    *("客户", "公司", "企业", "单位", "所在", "所属", "customer", "client", "account", "company", "organization"),
    *("primary", "main", "billing", "delivery"),
)

PHONE = (
    *("手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系手机", "联系方式", "移动电话", "联系人电话"),
    *("联系人手机", "mobile", "mobile number", "mobile no", "mobile phone", "cell", "cell phone"),
    *(
        "phone",
        "phone number",
        "phone numbers",
        "phone no",
        "phone work",
        "tel",
        "tel no",
        "telephone",
        "contact phone",
        "contact number",
    ),
)
OTHER_PHONE = (
    *("座机", "固定电话", "固话", "备用电话", "办公电话", "公司电话", "其他电话", "电话2", "手机2"),
    *("office phone", "work phone", "phone 2", "landline", "other phone"),
    # The second of two.
    *PHONE,
)
EMAIL = (
    "邮箱",
    "电子邮箱",
    "邮件",
    "电子邮件",
    "邮箱地址",
    "联系人邮箱",
    "mail",
    "email",
    "email address",
    "email work",
    "work email",
)
WECHAT = ("微信号", "微信", "weixin", "wechat id", "wechat")
CONTACT = (
    *("联系人", "联系人姓名", "联系人名称", "主联系人", "首要联系人", "主要联系人", "客户联系人"),
    *("contact", "contact name", "contact person", "primary contact", "main contact"),
)
POSITION = ("职务", "岗位", "联系人职务", "联系人职位", "title", "job title", "role", "designation")
STREET = (
    *("地址", "详细地址", "街道", "街道地址", "完整地址", "收货地址", "联系地址", "通讯地址", "通信地址", "办公地址"),
    *("注册地址", "经营地址", "取件地址", "寄件地址", "address", "street", "street address", "address line 1"),
    *("full address", "mailing address", "business address", "addr"),
)
PROVINCE = ("省", "省份", "所在省", "所在省份", "省/直辖市", "province", "state", "state/province", "state/region")
CITY = ("市", "城市", "所在市", "所在城市", "地级市", "city", "town", "city/town")
DISTRICT = ("区", "区县", "县区", "区/县", "所在区", "所在区县", "district", "county")
POSTAL_CODE = ("邮编", "邮政编码", "zip", "zip code", "postcode", "post code", "postal code", "zip/postal code")
COUNTRY = ("国家", "国家/地区", "国家或地区", "country", "country/region")

NUMBER = (
    *("编号", "客户号", "客户代码", "客户编码", "客户ID", "客户账号", "会员号", "客户简码", "月结账号", "月结卡号"),
    *("customer no", "customer number", "customer id", "customer code", "client id", "client code", "code"),
    *("account number", "account no", "account id", "cust no", "cust id", "customer #", "id"),
)
CUSTOMER: Heads = {
    "number": NUMBER,
    "company_name": (
        *("公司", "企业名称", "单位名称", "客户名称", "客户全称", "公司全称", "企业全称", "名称", "客户", "客户简称"),
        *("company", "name", "account name", "customer", "customer name", "client", "client name", "organization"),
        *("organization name", "organisation", "business name", "legal name"),
    ),
    "person_name": ("姓名", "个人姓名", "person", "full name"),
    "group": (
        *("所属集团", "集团名称", "集团公司", "母公司", "上级公司"),
        *("customer group", "group name", "parent company", "parent account"),
    ),
    "referrer": (
        *("介绍人编号", "介绍人客户编号", "推荐人", "推荐人编号", "推荐客户", "转介绍客户"),
        *("referrer number", "referred by", "referral", "recommended by"),
    ),
    "kind": ("类型", "客户类型", "客户性质", "type", "customer type"),
    "birthday": ("出生日期", "生日日期", "出生年月日", "date of birth", "birthdate", "dob"),
    "industry": ("行业", "所属行业", "行业类别", "客户行业", "一级行业", "1级行业", "sector", "industry type"),
    "region": ("区域", "所在地区", "所属区域", "客户区域", "大区", "area", "territory", *PROVINCE),
    "source": ("来源", "客户来源", "线索来源", "获客渠道", "来源渠道", "lead source", "origin", "acquired through"),
    "tags": ("客户标签", "标签", "labels", "tag"),
    "account_manager": (
        *(
            "负责人",
            "客户负责人",
            "销售",
            "销售员",
            "业务员",
            "业务经理",
            "跟进人",
            "所有人",
            "归属人",
            "客户所有人",
            "专管业务员",
        ),
        *(
            "owner",
            "account owner",
            "acct owner",
            "manager",
            "sales rep",
            "salesperson",
            "sales representative",
            "assigned to",
        ),
    ),
    "special_needs": (
        "备注",
        "备注信息",
        "特殊需求",
        "特殊要求",
        "描述",
        "special needs",
        "notes",
        "remarks",
        "remark",
        "description",
        "comments",
    ),
    "preferred_channel": ("联系方式偏好", "channel"),
    "preferred_language": ("语言", "language"),
    "contact_name": CONTACT,
    "contact_position": ("职位", *POSITION),
    "phone": PHONE,
    "other_phone": OTHER_PHONE,
    "email": EMAIL,
    "wechat": WECHAT,
    "street": STREET,
    "address_country": COUNTRY,
    "address_region": ("地址省份", "收货省份", "address state", "address province", "billing state", *PROVINCE),
    "city": CITY,
    "district": DISTRICT,
    "postal_code": POSTAL_CODE,
}
OF_CUSTOMER = (*NUMBER, "customer", "number")
CONTACTS: Heads = {
    "customer_number": OF_CUSTOMER,
    "name": ("姓名", *CONTACT, "person", "last name", "surname", "姓", "姓氏"),
    "given_name": ("名", "名字", "first name", "forename"),
    "position": POSITION,
    "is_primary": ("首要", "主联系人", "是否主要", "是否主联系人", "primary", "main"),
    "phone": PHONE,
    "other_phone": OTHER_PHONE,
    "email": EMAIL,
    "wechat": WECHAT,
}
ADDRESSES: Heads = {
    "customer_number": OF_CUSTOMER,
    "label": ("名称", "地址名称", "地址类型", "address type", "address name"),
    "country": COUNTRY,
    "region": PROVINCE,
    "city": CITY,
    "district": DISTRICT,
    "street": STREET,
    "postal_code": POSTAL_CODE,
    "is_primary": ("默认", "主地址", "是否默认", "primary", "default"),
}


def owned(heads: Sequence[str]) -> list[str]:
    """Return heads as they are, and behind whose they are."""
    return [*heads, *(owner + head for head in heads for owner in OWNERS)]
