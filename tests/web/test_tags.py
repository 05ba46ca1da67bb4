from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone, translation

from core.web.templatetags.web import format_money

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)


def drawn(source, **context):
    return Template("{% load web %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "CNY", "¥1,234.50"),
        ("0", "CNY", "¥0.00"),
        ("-12345678.9", "USD", "−$12,345,678.90"),
        ("7", "SEK", "SEK\u00a07.00"),
    ],
)
def test_money_has_its_sign_groups_and_two_places(amount, currency, text):
    assert format_money(Decimal(amount), currency) == text


def test_money_is_grouped_the_same_in_chinese():
    with translation.override("zh-hans"):
        assert format_money(Decimal("1234567.8"), "CNY") == "¥1,234,567.80"


def test_money_tag_uses_the_tenants_currency(tenant):
    assert drawn("{% money amount %}", amount=Decimal(5)) == '<span class="money">¥5.00</span>'


def test_money_tag_shows_a_dash_for_nothing():
    assert drawn("{% money amount %}", amount=None) == "–"


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5\u00a0minutes ago"),
        (timedelta(hours=3, minutes=20), "3\u00a0hours ago"),
        (timedelta(days=9), "2026-02-21"),
        (timedelta(hours=-2), "in 2\u00a0hours"),
    ],
)
def test_relative_time_says_how_long_ago(distance, text):
    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Shanghai"):
        assert f">{text}</time>" in drawn("{% relative_time at %}", at=NOW - distance)


def test_relative_time_has_the_exact_one_in_the_readers_zone():
    with time_machine.travel(NOW, tick=False), timezone.override("Asia/Shanghai"):
        element = drawn("{% relative_time at %}", at=NOW)

    assert 'datetime="2026-03-02T04:30:00+00:00"' in element
    assert 'title="2026-03-02 12:30:00 CST"' in element


def test_relative_time_speaks_chinese():
    with time_machine.travel(NOW, tick=False), translation.override("zh-hans"):
        assert "小时" in drawn("{% relative_time at %}", at=NOW - timedelta(hours=3))


def test_badge_of_an_unknown_colour_is_a_mistake():
    with pytest.raises(TemplateSyntaxError):
        drawn('{% badge "x" "pinkish" %}')


@pytest.mark.parametrize("tag", ['{% badge evil "red" %}', "{% copyable evil %}", "{% icon evil %}"])
def test_tags_escape_what_they_are_given(tag):
    assert "<script>" not in drawn(tag, evil='"><script>')


@pytest.mark.parametrize(
    ("name", "letters"), [("王丽", "王"), ("Li Lei", "LL"), ("Cher", "C"), ("", "?"), ("a b c", "AC")]
)
def test_initials(name, letters):
    assert drawn("{% initials name %}", name=name) == letters


class _Form(forms.Form):
    email = forms.EmailField(help_text="Work address.")
    kind = forms.ChoiceField(choices=[("a", "A")])
    sure = forms.BooleanField(required=False)


def test_field_stands_with_its_label_help_and_error():
    element = drawn("{% field form.email %}", form=_Form({"email": "nonsense"}))

    assert '<label class="form-label required" for="id_email">' in element
    assert 'aria-invalid="true"' in element
    assert 'aria-describedby="id_email_helptext id_email_error"' in element
    assert 'id="id_email_error"' in element
    assert 'value="nonsense"' in element


def test_field_has_the_class_of_its_kind():
    form = _Form()

    assert 'class="form-select"' in drawn("{% field form.kind %}", form=form)
    assert 'class="form-check-input"' in drawn("{% field form.sure %}", form=form)


def test_chart_says_the_same_as_a_table():
    figures = {
        "title": "By month",
        "kind": "bar",
        "labels": ["2026-01", "2026-02"],
        "series": [{"name": "Freight", "values": [1, 2]}, {"name": "</script>", "values": [3, 4]}],
    }

    element = drawn('{% chart "month" figures %}', figures=figures)

    assert 'data-chart="month-data"' in element
    assert '<script id="month-data" type="application/json">' in element
    assert element.count("</script>") == 1
    assert '<th scope="row">2026-02</th><td class="text-end money">2</td><td class="text-end money">4</td>' in element
