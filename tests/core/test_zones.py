"""Time zones in the reader's language."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from core.console.forms import UserForm, ZoneField
from core.tenancy.zones import zone_choices, zone_words


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "Asia/Shanghai", "Shanghai, China (UTC+08:00)"),
        ("zh-hans", "Asia/Shanghai", "中国 上海（UTC+08:00）"),
        ("zh-hans", "Asia/Tokyo", "日本 东京（UTC+09:00）"),
        ("zh-hans", "Asia/Singapore", "新加坡（UTC+08:00）"),
        ("en", "America/Argentina/Buenos_Aires", "Buenos Aires, Argentina (UTC−03:00)"),
        ("en", "America/St_Johns", ("St. John’s, Canada (UTC−03:30)", "St. John’s, Canada (UTC−02:30)")),
    ],
)
def test_zone_is_said_in_the_readers_language(language, zone, words):
    with override(language):
        assert zone_words(zone) in (words if isinstance(words, tuple) else (words,))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_city_is_offered_once_from_west_to_east(language):
    with override(language):
        names, words = zip(*zone_choices(), strict=True)

    assert len(names) > 400
    assert len(set(names)) == len(names)
    assert len([each for each in words if "上海" in each or "Shanghai" in each]) == 1
    assert "(UTC−1" in words[0] or "（UTC−1" in words[0]
    assert "UTC+14" in words[-1]


def test_zone_by_another_of_its_names_is_shown_and_taken():
    field = ZoneField()

    assert field.prepare_value("Asia/Chongqing") == "Asia/Shanghai"
    assert field.clean("Asia/Kolkata") == "Asia/Kolkata"
    assert dict(zone_choices())[field.prepare_value("Asia/Kolkata")].startswith("Kolkata, India")


def test_picker_of_a_chinese_reader_speaks_chinese(client_for, administrator, agent):
    administrator.language = "zh-hans"
    administrator.save()

    body = client_for(administrator).get(reverse("console:update_user", args=[agent.pk])).content.decode()

    assert '<option value="Asia/Shanghai">中国 上海（UTC+08:00）</option>' in body
    assert "Asia/Chongqing" not in body
    assert '<option value="" selected>与公司一致</option>' in body
    assert not UserForm.base_fields["time_zone"].required
