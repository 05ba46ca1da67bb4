import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from core.web import keys, navigation

SCRIPT = (Path(settings.BASE_DIR) / "static/crm/js/keys.js").read_text(encoding="utf-8")


def functions():
    """The names of the functions in the script's `acts`."""
    body = re.search(r"const acts = \{(.*?)\n  \};", SCRIPT, re.DOTALL).group(1)
    return set(re.findall(r"^    (\w+):", body, re.MULTILINE)) | set(re.findall(r"^    (\w+),", body, re.MULTILINE))


def test_every_key_has_its_function_and_every_function_a_key(administrator):
    table = keys.table(navigation.areas_for(administrator))

    assert functions() == {key.act for key in table}


def test_no_two_keys_are_the_same(administrator):
    presses = [key.press for key in keys.table(navigation.areas_for(administrator))]

    assert sorted(presses) == sorted(set(presses))


def test_help_sheet_is_the_table(client_for, supervisor):
    page = client_for(supervisor).get(reverse("customers:list")).content.decode()
    lines = re.findall(r'data-act="(\w+)" data-press="([^"]+)"', page)

    assert lines == [(key.act, key.press) for key in keys.table(navigation.areas_for(supervisor))]


def test_keys_show_what_stands_on_them():
    assert keys.Key("palette", "Mod+k", "").shown == ["Ctrl", "K"]
    assert keys.Key("area", "g c", "").shown == ["g", "c"]
    assert keys.Key("preview", " ", "").shown == ["Space"]
