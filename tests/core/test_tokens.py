"""Folding, cutting and reading of search words, and the keyed tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto.tokens import as_phone, email_grams, fold, name_grams, phone_grams, readings_of, token
from tests.factories.accounts import inside


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
