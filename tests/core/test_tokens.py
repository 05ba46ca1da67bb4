"""Folding, cutting and reading of search words, and the keyed tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from core.crypto.tokens import as_phone, email_grams, fold, name_grams, phone_grams, readings_of, token
from tests.factories.accounts import inside

CONVERTERS = {way: OpenCC(way) for way in ("s2t", "s2tw", "s2hk")}


# The simplified characters that every Chinese system has.
GB_2312 = [chr(code) for code in range(0x4E00, 0xA000) if chr(code).encode("gb2312", errors="ignore")]


def finds(query: str, value: str, *, region: str = "CN") -> list[str]:
    """The readings of the query by which this name, phone or e-mail is found, as a search would."""
    grams = name_grams(value) | phone_grams(value, region) | email_grams(value)
    kinds = [
        reading.kind
        for reading in readings_of(query, region=region)
        if set(reading.grams) <= grams and all(part.accepts(value) for part in reading.parts)
    ]
    return list(dict.fromkeys(kinds))


@pytest.mark.parametrize(
    ("query", "name", "kinds"),
    [
        ("张", "张伟", ["name"]),
        ("伟", "张伟", ["name"]),
        ("张伟", "张伟", ["name"]),
        ("張偉", "张伟", ["name"]),
        ("张伟", "張偉", ["name"]),
        ("兴服饰", "上海华兴服饰有限公司", ["name"]),
        ("华兴有限公司", "上海华兴服饰有限公司", ["name"]),
        ("华兴公司", "上海华兴服饰有限责任公司", ["name"]),
        ("harbour ltd", "Harbour Books Limited", ["name"]),
        ("zhangwei", "张伟", ["pinyin"]),
        ("Zhang Wei", "张伟", ["pinyin"]),
        ("zhangw", "张伟", ["pinyin"]),
        ("zw", "张伟", ["initials"]),
        ("sxm", "单晓明", ["initials"]),
        ("zeng", "曾国", ["pinyin"]),
        ("xian", "西安", ["pinyin"]),
        ("xian", "先明", ["pinyin"]),
        ("huaxing", "上海华兴服饰有限公司", ["pinyin"]),
        ("xingf", "上海华兴服饰有限公司", ["pinyin"]),
        ("shhx", "上海华兴服饰有限公司", ["initials"]),
        ("hxf", "上海华兴服饰有限公司", ["initials"]),
        ("ｚｈａｎｇ", "张伟", ["pinyin"]),
        ("chengdu", "成都恒通物流有限公司", ["pinyin"]),
        ("cdht", "成都恒通物流有限公司", ["initials"]),
        ("chongqing", "重庆力帆贸易有限公司", ["pinyin"]),
        ("yinhang", "中国银行", ["pinyin"]),
        ("zgyh", "中国银行", ["initials"]),
        ("xizang", "西藏雪域食品", ["pinyin"]),
        ("beijingchangcheng", "北京长城汽配", ["pinyin"]),
        ("changan", "东莞市长安镇", ["pinyin"]),
        ("leshan", "乐山音乐器材", ["pinyin"]),
        ("yinyue", "乐山音乐器材", ["pinyin"]),
        ("dadou", "大都食品", ["pinyin"]),
        ("dadu", "大都食品", ["pinyin"]),
        ("keda", "深圳市南山区科达电子有限公司", ["pinyin"]),
        ("kd", "深圳市南山区科达电子有限公司", ["initials"]),
        ("shenzhenshinanshanqukedadianzi", "深圳市南山区科达电子有限公司", ["pinyin"]),
        ("szsnsqkddz", "深圳市南山区科达电子有限公司", ["initials"]),
        ("hengtong", "上海浦东新区恒通", ["pinyin"]),
        ("shenzhenshunda", "（深圳）顺达有限公司", ["pinyin"]),
        ("szsd", "深圳顺达有限公司", ["initials"]),
        ("xianfangan", "西安方案科技", ["pinyin"]),
        ("ouyangnana", "欧阳 娜娜", ["pinyin"]),
        ("wangqiankun", "王乾坤", ["pinyin"]),
        ("ganhuo", "乾貨商行", ["pinyin"]),
        ("zhuming", "著名品牌", ["pinyin"]),
        ("王乾", "王乾坤", ["name"]),
        ("乾坤", "王乾坤", ["name"]),
        ("林藉", "林藉口", ["name"]),
        ("鍾瑞", "锺瑞", ["name"]),
        ("钟瑞", "锺瑞", ["name"]),
        ("锺瑞", "鍾瑞", ["name"]),
        ("吴", "呉", ["name"]),
        ("髙明", "高明", ["name"]),
        ("郞平", "郎平", ["name"]),
        ("清", "淸水", ["name"]),
        ("gaoming", "髙明", ["pinyin"]),
        ("zhangcheng", "成都恒通物流有限公司", []),
        ("kedasz", "深圳市南山区科达电子有限公司", []),
        ("kdx", "深圳市南山区科达电子有限公司", []),
        ("王哲", "王喆", []),
        ("smith", "Oliver Smith", ["name"]),
        ("Smith, Oliver", "Oliver Smith", ["name"]),
        ("MIT", "Oliver Smith", ["name"]),
        ("o", "Oliver Smith", ["name"]),
        ("jose", "José Núñez", ["name"]),
        ("3m", "3M 中国", ["name"]),
        ("王", "张伟", []),
        ("伟张", "张伟", []),
        ("wz", "张伟", []),
        ("公司", "上海华兴服饰有限公司", []),
        ("angwei", "张伟", []),
        ("smoth", "Oliver Smith", []),
    ],
)
def test_name_is_found_by(query, name, kinds):
    assert finds(query, name) == kinds


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("13800138000", ["phone"]),
        ("+86 138 0013 8000", ["phone"]),
        ("１３８００１３８０００", ["phone"]),
        ("138-0013-8000", ["phone"]),
        ("8000", ["phone_tail"]),
        ("8001", []),
        ("138", []),
    ],
)
def test_phone_is_found_by(query, kinds):
    assert [kind for kind in finds(query, "+8613800138000") if kind.startswith("phone")] == kinds


@pytest.mark.parametrize(
    ("query", "found"), [("LI@example.com", True), ("li@example", False), ("i@example.com", False)]
)
def test_email_is_found_whole_without_regard_to_case(query, found):
    assert ("email" in finds(query, "Li@Example.com")) is found


@pytest.mark.parametrize("query", ["", "  ", "...", "@", "\x00", "，。"])
def test_nothing_to_search_by_finds_nothing(query):
    assert finds(query, "张伟") == []


def test_numbers_of_other_countries_are_folded():
    assert as_phone("020 7946 0018", "GB") == "+442079460018"
    assert as_phone("12", "CN") == "12"


def test_fold_is_the_same_for_widths_scripts_and_signs():
    assert fold("  ＡＢＣ（中國）-Ltd. ") == fold("abc 中国 ltd") == "abc 中国 ltd"


@given(name=st.text(min_size=1, max_size=30), data=st.data())
def test_any_part_of_any_name_is_found(name, data):
    words = fold(name)[:60].split()
    if not words:
        return
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    part = word[start : data.draw(st.integers(min(start + 2, len(word)), len(word)))]
    if len(part) > 1 and fold(part) == part:
        assert "name" in finds(part, name)


CHARACTERS = st.integers(0x4E00, 0x9FFF).map(chr)
STOPPED = "有限公司"


@given(name=st.text(CHARACTERS, min_size=1, max_size=12))
def test_every_part_of_a_chinese_name_is_folded_alone_as_within_the_name(name):
    if any(each in STOPPED for each in fold(name)):
        return
    grams = name_grams(name)
    for length in (1, 2):
        parts = [name[at : at + length] for at in range(len(name) - length + 1)]
        assert {("name", fold(part)) for part in parts} <= grams


@pytest.mark.parametrize("way", ["s2t", "s2tw", "s2hk"])
@given(name=st.text(st.sampled_from(GB_2312), min_size=1, max_size=12))
def test_simplified_and_traditional_forms_of_a_name_have_the_same_tokens(way, name):
    traditional = CONVERTERS[way].convert(name)

    assert fold(fold(name)) == fold(name)
    assert name_grams(traditional) == name_grams(name)


def test_name_of_any_length_has_a_bounded_number_of_tokens():
    """A hundred characters, all with many readings: only so many of them are sounded."""
    assert len(name_grams("单长重行乐" * 20)) < 200
    assert len(name_grams("深圳市南山区科达电子有限公司")) == 56


@given(query=st.text(max_size=80))
def test_no_query_breaks_the_reading(query):
    for reading in readings_of(query, region="CN"):
        assert reading.grams
        assert all(part.accepts(query) in {True, False} for part in reading.parts)


def test_tokens_differ_by_kind_and_by_tenant(tenant, other_tenant):
    ours = token(tenant.pk, ("name", "张"))

    assert token(tenant.pk, ("name", "张")) == ours
    assert token(tenant.pk, ("pinyin", "张")) != ours
    assert -(2**63) <= ours < 2**63
    with inside(other_tenant, leaving=tenant):
        assert token(other_tenant.pk, ("name", "张")) != ours
