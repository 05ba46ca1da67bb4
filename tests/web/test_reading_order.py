"""Few names in the order in which a reader looks for them."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from core.accounts.enums import Role
from core.accounts.models import Department
from core.web.reading_order import in_reading_order
from tests.factories.accounts import make_user

BY_CODE = ["Zoe", "anna", "任强", "单冰", "张三", "曾敏", "李四", "白云"]


@pytest.mark.parametrize(
    ("language", "names"),
    [("en", BY_CODE), ("zh-hans", ["anna", "Zoe", "白云", "曾敏", "单冰", "李四", "任强", "张三"])],
)
def test_names_are_in_the_order_of_the_language(language, names):
    with override(language):
        assert in_reading_order(BY_CODE) == names


def test_surnames_sound_as_surnames(tenant, now):
    people = [make_user(role=Role.AGENT, at=now) for _each in range(4)]
    for user, name in zip(people, ["曾敏", "单冰", "但丁", "郑和"], strict=True):
        user.name = name

    with override("zh-hans"):
        assert [user.name for user in in_reading_order(people)] == ["但丁", "单冰", "曾敏", "郑和"]


def test_select_boxes_and_lists_of_departments_are_in_order(client_for, tenant, now):
    for name in ("客服部", "财务部", "安全部"):
        Department.objects.create(name=name)
    client = client_for(make_user(role=Role.ADMINISTRATOR, at=now, language="zh-hans"))

    field = client.get(reverse("console:create_team")).context["form"].fields["department"]
    listed = client.get(reverse("console:organisation")).context["departments"]

    with override("zh-hans"):
        assert [str(label) for _value, label in field.choices] == ["无", "安全部", "财务部", "客服部"]
    assert [each.name for each in listed] == ["安全部", "财务部", "客服部"]
