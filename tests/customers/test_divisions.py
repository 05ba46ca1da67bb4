"""The divisions of China: what written addresses say, and what they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.divisions import (
    PlaceMismatch,
    cities_of,
    districts_of,
    find,
    read_line,
    regions,
)

SURE = [
    ("广东省深圳市南山区科技园1号", "440305", "科技园1号"),
    ("深圳市南山区科技园1号", "440305", "科技园1号"),
    ("广东深圳南山区科技园1号", "440305", "科技园1号"),
    ("广东 深圳 南山 科技园路1号", "440305", "科技园路1号"),
    ("广东省,深圳市,福田区,深南大道", "440304", "深南大道"),
    ("广东省／深圳市／南山区／１２号", "440305", "12号"),
    ("中国 广东省 - 东莞市 - 长安镇", "441900", "长安镇"),
    ("收货地址：广东省中山市中山路1号", "442000", "中山路1号"),
    ("广东省深圳市深圳市南山区科技园", "440305", "科技园"),
    ("北京市朝阳区建国路88号", "110105", "建国路88号"),
    ("北京朝阳区建国路88号", "110105", "建国路88号"),
    ("北京市北京市朝阳区建国路", "110105", "建国路"),
    ("北京市市辖区朝阳区建国路", "110105", "建国路"),
    ("上海浦东新区张江路", "310115", "张江路"),
    ("上海市南京西路1号", "310000", "南京西路1号"),
    ("上海 南京西路", "310000", "南京西路"),
    ("天津市滨海新区第一大街", "120116", "第一大街"),
    ("重庆彭水县汉葭街道", "500243", "汉葭街道"),
    ("重庆市彭水苗族土家族自治县汉葭街道", "500243", "汉葭街道"),
    ("内蒙古呼和浩特市新城区1号", "150102", "1号"),
    ("广西壮族自治区南宁市青秀区民族大道", "450103", "民族大道"),
    ("新疆维吾尔自治区石河子市北四路", "659001", "北四路"),
    ("湖北省仙桃市干河大道", "429004", "干河大道"),
    ("湖北省恩施州利川市东城路", "422802", "东城路"),
    ("延边朝鲜族自治州延吉市公园路", "222401", "公园路"),
    ("吉林市昌邑区解放路", "220202", "解放路"),
    ("吉林昌邑区解放路", "220202", "解放路"),
    ("江苏省昆山市前进路", "320583", "前进路"),
    ("昆山市前进路", "320583", "前进路"),
    ("济南市中区经十路", "370103", "经十路"),
    ("阳泉市郊区1号", "140311", "1号"),
    ("深圳市民治街道", "440300", "民治街道"),
    ("广东省中山路1号", "440000", "中山路1号"),
    ("广州市白云 大厦", "440100", "白云 大厦"),
    ("上海市浦东张江路", "310000", "浦东张江路"),
    ("香港特别行政区九龙弥敦道", "810000", "九龙弥敦道"),
]
UNSURE = [
    "北京路1号",
    "上海南京西路1号",
    "大同市场1号",
    "广州市场路1号",
    "深圳市民中心",
    "南山区科技园",
    "朝阳区建国路",
    "朝阳 建国路",
    "海南 1号",
    "黄山 别墅",
    "港口区1号码头",
    "北京朝阳建国路88号",
    "广东省杭州市西湖区文三路",
    "台湾省台北市信义路",
    "科技路 1 号",
    "12 Dock Road",
    "",
]


@pytest.mark.parametrize(("line", "code", "rest"), SURE)
def test_line_that_is_sure(line, code, rest):
    reading = read_line(line)

    assert (reading.division and reading.division.code, reading.rest) == (code, rest)


@pytest.mark.parametrize("line", UNSURE)
def test_line_that_is_not_sure_stays_as_it_is(line):
    reading = read_line(line)

    assert (reading.division, reading.rest) == (None, line)


def test_name_of_a_district_is_enough_where_the_city_is_known():
    shenzhen = next(each for each in CITIES if each.code == "440300")

    assert read_line("南山区科技园", within=shenzhen).division.code == "440305"
    assert read_line("西湖区文三路", within=shenzhen).division is None


CITIES = [city for region in regions() for city in cities_of(region)]
DISTRICTS = [district for above in (*regions(), *CITIES) for district in districts_of(above)]
DIVISIONS = st.sampled_from([*regions(), *CITIES, *DISTRICTS])
STREETS = st.sampled_from(["人民路1号", "中山路 8 号", "建设大道", "5-2-301", "Building 3"])


@given(DIVISIONS, STREETS, st.sampled_from(["", " ", ",", "，", "/", " - ", "、"]))
def test_every_division_that_is_written_out_is_read_back(division, street, gap):
    names = dict.fromkeys(filter(None, (division.region, division.city, division.district)))

    reading = read_line(gap.join([*names, street]))

    assert (reading.division, reading.rest) == (division, street)


@given(DIVISIONS)
def test_every_division_is_found_by_its_names(division):
    assert find(region=division.region, city=division.city, district=division.district) == division


@given(st.text(max_size=40))
def test_whatever_is_written_nothing_of_it_is_lost(text):
    reading = read_line(text)

    assert reading.division is not None or reading.rest == text.strip()


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("广东", "深圳", "南山"), "440305"),
        (("", "深圳", ""), "440300"),
        (("", "上海", ""), "310000"),
        (("北京市", "市辖区", "朝阳区"), "110105"),
        (("江苏", "昆山", ""), "320583"),
        (("湖北省", "省直辖县级行政区划", "仙桃市"), "429004"),
        (("广东省", "", "南山区"), "440305"),
        (("", "", "福田区"), "440304"),
        (("广东省", "深圳市", "高新区"), "440300"),
        (("香港", "九龙", ""), "810000"),
        (("", "", "南山区"), None),
        (("Guangdong", "Shenzhen", ""), None),
        (("台湾省", "台北市", ""), None),
        (("", "", ""), None),
    ],
)
def test_names_of_the_parts(names, code):
    found = find(**dict(zip(("region", "city", "district"), names, strict=True)))

    assert (found and found.code) == code


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (("广东省", "杭州市", ""), "city"),
        (("广东省", "北京市", ""), "city"),
        (("广东省", "Nowhere", ""), "city"),
        (("北京市", "上海市", ""), "city"),
        (("广东省", "深圳市", "西湖区"), "district"),
        (("北京市", "", "西湖区"), "district"),
    ],
)
def test_parts_that_do_not_belong_together(names, field):
    with pytest.raises(PlaceMismatch) as refusal:
        find(**dict(zip(("region", "city", "district"), names, strict=True)))

    assert refusal.value.field == field


def test_divisions_within_each_other():
    guangdong = next(each for each in regions() if each.name == "广东省")
    shenzhen = next(each for each in cities_of(guangdong) if each.name == "深圳市")
    beijing = next(each for each in regions() if each.name == "北京市")

    assert (len(CITIES), len(DISTRICTS)) == (365, 2813)
    assert (len(regions()), len(cities_of(guangdong)), cities_of(beijing)) == (33, 21, [])
    assert {"南山区", "福田区"} < {each.name for each in districts_of(shenzhen)}
    assert "朝阳区" in {each.name for each in districts_of(beijing)}
