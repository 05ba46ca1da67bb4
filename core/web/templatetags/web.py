"""Template tags every staff page may use."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
    Select,
    Textarea,
)
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import TIME_STRINGS, timesince, timeuntil
from django.utils.translation import get_language, ngettext_lazy
from django.utils.translation import gettext as _

from core.accounts.permissions import may
from core.crypto import revealable
from core.tenancy.models import TenantModel
from core.tenancy.scope import current_tenant
from core.web import record_pages
from core.web.facts import fact_id, fact_url
from core.web.undoing import UNDO

register = template.Library()

SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "SGD": "S$", "BRL": "R$"}
# In Chinese a day that has passed is another word than a day of the month.
UNITS = TIME_STRINGS | {"day": ngettext_lazy("%(num)d day", "%(num)d days", "num")}
RELATIVE_UP_TO = timedelta(days=7)
BADGE_COLOURS = {"green", "yellow", "red", "blue", "azure", "purple", "orange", "secondary"}


def format_money(amount: Decimal, currency: str) -> str:
    """Return an amount with its currency sign, thousands grouped, always two places."""
    sign = "−" if amount < 0 else ""
    # Every locale's own form would group by four, or not at all, in Chinese; ledgers here group by three.
    digits = f"{abs(amount):,.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{currency}\u00a0{digits}"


@register.simple_tag
def money(amount: Decimal | None, currency: str = "") -> SafeString | str:
    """Show an amount in the tenant's currency; a dash where there is none."""
    if amount is None:
        return "–"
    return format_html('<span class="money">{}</span>', format_money(amount, currency or _tenant_currency()))


def _tenant_currency() -> str:
    tenant = current_tenant()
    return tenant.currency if tenant else ""


@register.simple_tag
def relative_time(moment: datetime | None) -> SafeString | str:
    """Show how long ago (or ahead) a time is, the day itself beyond a week; the exact time on hover."""
    if moment is None:
        return "–"
    distance, local = timezone.now() - moment, timezone.localtime(moment)
    if abs(distance) < timedelta(minutes=1):
        text = _("just now")
    elif abs(distance) > RELATIVE_UP_TO:
        text = local.date().isoformat()
    elif distance > timedelta():
        text = _("%(time)s ago") % {"time": timesince(moment, depth=1, time_strings=UNITS)}
    else:
        text = _("in %(time)s") % {"time": timeuntil(moment, depth=1, time_strings=UNITS)}
    return _time_element(moment, local, text)


@register.simple_tag
def exact_time(moment: datetime | None) -> SafeString | str:
    """Show date and time of day in the reader's zone."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    return _time_element(moment, local, _without_zone(local, "minutes"))


def _time_element(moment: datetime, local: datetime, text: str) -> SafeString:
    exact = f"{_without_zone(local, 'seconds')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, text)


def _without_zone(local: datetime, down_to: str) -> str:
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec=down_to)


@register.simple_tag
@lru_cache(maxsize=1000)
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon of the Tabler font. A screen reader is not told of it: words must stand beside it."""
    return format_html('<i class="ti ti-{} {}" aria-hidden="true"></i>', name, extra)


@register.simple_tag
def badge(text: str | Promise, colour: str = "secondary", icon_name: str = "") -> SafeString:
    """Show a short state in a soft colour; the words carry the meaning, the colour only repeats it."""
    if colour not in BADGE_COLOURS:
        raise template.TemplateSyntaxError(f"There is no badge colour {colour!r}.")
    mark = format_html("{} ", icon(icon_name)) if icon_name else ""
    return format_html('<span class="badge bg-{}-lt">{}{}</span>', colour, mark, text)


@register.simple_tag
def place(
    *, country: str = "", region: str = "", city: str = "", district: str = "", street: str = "", postal_code: str = ""
) -> str:
    """Say where something is as the reader writes addresses: in Chinese from the large to the small, else the other way
    round, with commas; a city that is its own region stands once.
    """
    if (get_language() or "").startswith("zh"):
        parts = (country, region, city if city != region else "", district, street, postal_code)
        return " ".join(filter(None, parts))
    parts = (street, district, city, region if region != city else "", postal_code, country)
    return ", ".join(filter(None, parts))


@register.simple_tag
def copyable(value: str) -> SafeString:
    """Show a number with a button that copies it."""
    return format_html(
        '<span class="copyable"><span class="font-monospace">{0}</span>'
        '<button type="button" class="btn btn-icon btn-ghost-secondary copy-button" data-copy="{0}" '
        'aria-label="{1}" title="{1}" hidden>{2}</button></span>',
        value,
        _("Copy %(value)s") % {"value": value},
        icon("copy"),
    )


@register.simple_tag
def initials(name: str) -> str:
    """Return what stands in the picture of a person: one Chinese character, or up to two Latin letters."""
    words = name.split()
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[0][0]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.simple_tag(takes_context=True)
def cells(context: template.Context, row: Any) -> SafeString:
    """Draw the cells of a row in the columns that a list shows: hundreds on a page, so not by a template."""
    drawn = ((opening, cell(column, row)) for column, opening in context["list"].cells)
    return format_html_join("\n", "{}{}</td>", drawn)


@register.simple_tag
def cell(column: Any, row: Any) -> Any:
    """Show a row's value in a column, as a link where the column leads somewhere."""
    shown = column.shown(row)
    if column.url is None:
        return shown
    url = column.url(row)
    if not column.is_head:
        return format_html('<a href="{}">{}</a>', url, shown)
    return format_html('<a class="row-title" href="{}">{}</a>{}', url, shown, preview(url, shown))


@register.simple_tag
def tick(row: Any) -> SafeString:
    """Draw the box in a row of a list by which the row is taken into a bulk change."""
    return format_html(
        '<td class="row-tick"><input class="form-check-input" type="checkbox" name="row" value="{}" form="bulk" '
        'aria-label="{}"></td>',
        row.pk,
        _("Tick %(row)s") % {"row": row},
    )


@register.simple_tag
def preview(url: str, name: str) -> SafeString:
    """Draw the button in a row of a list that shows the row's record beside it."""
    return format_html(
        '<button type="button" class="preview-button" data-preview="{0}" aria-label="{1}" title="{1}">{2}</button>',
        url,
        _("Preview %(name)s") % {"name": name},
        icon("layout-sidebar-right"),
    )


@register.simple_tag(takes_context=True)
def reveal_url(context: template.Context, record: TenantModel, name: str) -> str:
    """Return where a masked fact of a record is revealed, with a reason and a line in the trail; nothing for who may
    not.
    """
    for each in revealable.registered():
        if isinstance(record, each.model) and each.field == name and may(context["request"].user, each.permission):
            return reverse("console:reveal", args=[each.kind, record.pk])
    return ""


@register.inclusion_tag("components/undo.html", takes_context=True)
def undo_button(context: template.Context, message: Message) -> dict[str, Any]:
    """Draw the button that undoes what a notice tells of, where it can be undone."""
    kind, _colon, rest = (message.extra_tags or "").partition(":")
    undo_id, _colon, place = rest.partition(":")
    return {"undo_id": undo_id if kind == UNDO else "", "place": place, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def record_paths(context: template.Context) -> str:
    """Return the addresses of records, with stars for ids, by which the script knows what can be previewed."""
    return " ".join(record_pages.path_patterns(context["request"].user))


@register.inclusion_tag("components/record_actions.html", takes_context=True)
def record_actions(context: template.Context, url_name: str, record: Any) -> dict[str, Any]:
    """Draw the buttons of what the reader may do to a record, the foremost at the end of the row."""
    offers = record_pages.offers(url_name, record, context["request"].user)
    shown = [offer for offer in offers if offer.action.is_in_header]
    return {"offers": sorted(shown, key=lambda offer: offer.action.classes == "btn-primary")}


@register.simple_block_tag(takes_context=True)
def fact(context: template.Context, content: str, label: str | Promise, record: Any = None, name: str = "") -> str:
    """Show a fact of a record. With the record and the name of its field it is edited in place by those who may: for
    them the page, but no preview of it, has `facts_url`, the address of the form of all facts.
    """
    url = context.get("facts_url") if name and not context.get("is_preview") else ""
    asked = {
        "label": label,
        "content": content,
        "id": fact_id(record, name) if name else "",
        "url": fact_url(url, name) if url else "",
    }
    return render_to_string("components/fact.html", asked)


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hide_label: bool = False) -> dict[str, Any]:
    """Draw one form field with its label, help and errors."""
    widget = bound.field.widget
    kind = _kind(widget)
    attrs: dict[str, Any] = {"class": f"{widget.attrs.get('class', '')} {_CLASSES[kind]}".strip()}
    if kind == "area" and widget.attrs.get("rows") == "10":
        attrs["rows"] = 4
    if bound.errors:
        attrs["class"] += " is-invalid"
        attrs["aria-invalid"] = "true"
    notes = [f"{bound.auto_id}_helptext"] if bound.help_text else []
    notes += [f"{bound.auto_id}_error"] if bound.errors else []
    if notes:
        attrs["aria-describedby"] = " ".join(notes)
    if kind == "group":
        widget.attrs["class"] = attrs["class"]
    return {
        "field": bound,
        "control": bound if kind == "group" else bound.as_widget(attrs=attrs),
        "kind": kind,
        "hide_label": hide_label,
        "required": bound.field.required,
    }


_CLASSES = {
    "check": "form-check-input",
    "select": "form-select",
    "group": "form-check-input",
    "file": "form-control",
    "area": "form-control",
    "text": "form-control",
}


def _kind(widget: Any) -> str:
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, CheckboxInput):
        return "check"
    if isinstance(widget, Select):
        return "select"
    if isinstance(widget, Textarea):
        return "area"
    return "file" if isinstance(widget, FileInput) else "text"


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: template.Context, name: str, label: str | Promise = "", classes: str = "") -> dict[str, Any]:
    """Draw a column head that sorts the list by the named order."""
    page = context["list"]
    sort = next(sort for sort in page.sorts if sort.name == name)
    active = page.sort.removeprefix("-") == name
    descending = page.sort.startswith("-")
    return {
        "label": label or sort.label,
        "url": page.sort_url(name),
        "direction": ("descending" if descending else "ascending") if active else "",
        "classes": classes,
    }


@register.inclusion_tag("components/chart.html")
def chart(name: str, figures: dict[str, Any]) -> dict[str, Any]:
    """Draw a chart and its twin as a table.

    `figures` holds title, kind ("bar" or "line"), labels and series (each a name and values); for amounts also
    money, the currency, and `most`, where the axis ends. `name` is unique on the page.
    """
    columns = [series["values"] for series in figures["series"]]
    rows = [(label, [column[index] for column in columns]) for index, label in enumerate(figures["labels"])]
    return {"data_id": f"{name}-data", "chart": figures, "rows": rows}
