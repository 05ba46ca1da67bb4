import gettext
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.core.management.base import CommandError

from courier_crm.catalogues import messages
from courier_crm.management.commands.compilemessages import compile_catalogue, is_stale
from courier_crm.management.commands.makemessages import as_bytes, check, update

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
VIEW = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
title = _("Customers")
count = ngettext("%(n)d row", "%(n)d rows", n)
verb = pgettext("action", "Ship")
not_marked = print("Not marked")
"""
TEMPLATE = """{% load i18n %}<h1>{% translate "It's late" %}</h1>
{% blocktranslate trimmed count n=rows %}
  {{ n }} parcel
{% plural %}
  {{ n }} parcels
{% endblocktranslate %}<p>Not marked</p>
"""


@pytest.fixture
def found(tmp_path: Path):
    (tmp_path / "views.py").write_text(VIEW)
    (tmp_path / "page.html").write_text(TEMPLATE)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "theirs.html").write_text('{% translate "Theirs" %}')
    return messages(tmp_path, skip={"node_modules"})


def catalogue(entries: str):
    return read_po(BytesIO((HEADER + entries).encode()), locale="zh_Hans")


def test_messages_are_those_that_are_marked(found):
    assert {(message.singular, message.plural, message.context, message.place) for message in found} == {
        ("Customers", None, None, "views.py"),
        ("%(n)d row", "%(n)d rows", None, "views.py"),
        ("Ship", None, "action", "views.py"),
        ("It's late", None, None, "page.html"),
        ("%(n)s parcel", "%(n)s parcels", None, "page.html"),
    }


def test_update_adds_removes_and_keeps(found):
    before = catalogue('msgid "Customers"\nmsgstr "客户"\n\nmsgid "Gone"\nmsgstr "没有了"\n')

    update(before, found)

    after = read_po(BytesIO(as_bytes(before)), locale="zh_Hans")
    assert {(entry.id, entry.context, entry.string) for entry in after if entry.id} == {
        ("Customers", None, "客户"),
        (("%(n)d row", "%(n)d rows"), None, ("",)),
        ("Ship", "action", ""),
        ("It's late", None, ""),
        (("%(n)s parcel", "%(n)s parcels"), None, ("",)),
    }
    assert {problem.split(":")[0] for problem in check(after, found)} == {"not translated"}


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ("", "missing, from views.py: 'Customers'"),
        ('msgid "Customers"\nmsgstr ""\n', "not translated: 'Customers'"),
        ('#, fuzzy\nmsgid "Customers"\nmsgstr "客户"\n', "unsure (fuzzy): 'Customers'"),
        (
            'msgid "Customers"\nmsgstr "客户"\n\nmsgid "Gone"\nmsgstr "没有了"\n',
            "no longer in the sources: 'Gone'",
        ),
    ],
)
def test_check_names_what_is_wrong(found, entries, problem):
    only_customers = [message for message in found if message.singular == "Customers"]

    assert check(catalogue(entries), only_customers) == [problem]


def test_check_of_a_complete_catalogue_finds_nothing(found):
    only_customers = [message for message in found if message.singular == "Customers"]

    assert check(catalogue('msgid "Customers"\nmsgstr "客户"\n'), only_customers) == []


def test_check_finds_a_lost_placeholder(found):
    rows = [message for message in found if message.singular == "%(n)d row"]
    entries = '#, python-format\nmsgid "%(n)d row"\nmsgid_plural "%(n)d rows"\nmsgstr[0] "%(m)d 行"\n'

    assert len(check(catalogue(entries), rows)) == 1


def test_compile_catalogue_is_read_by_gettext(tmp_path):
    source = tmp_path / "django.po"
    source.write_text(HEADER + 'msgid "Customers"\nmsgstr "客户"\n')
    assert is_stale(source) is True

    compile_catalogue(source)

    assert is_stale(source) is False
    with source.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Customers") == "客户"


def test_compile_catalogue_when_broken_names_the_file(tmp_path):
    source = tmp_path / "django.po"
    source.write_text(HEADER + '<<<<<<< HEAD\nmsgid "Customers"\nmsgstr "客户"\n')

    with pytest.raises(CommandError, match=r"django\.po"):
        compile_catalogue(source)

    assert not source.with_suffix(".mo").exists()
