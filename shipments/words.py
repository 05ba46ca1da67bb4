"""When shipments are late or silent, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

RULES: dict[str, str | Promise] = {
    "grace_hours": _("Late after hours past the promise"),
    "silent_hours": _("Silent after hours without a sign"),
}
HELP: dict[str, str | Promise] = {
    "grace_hours": _("Allows for delivery scans that arrive late. 0: at once."),
    "silent_hours": _(
        "Counted from the last scan, pickup or change of status, by night and on holidays, too. A shipment of which"
        " no scan ever came is not counted."
    ),
}


def hours_in_words(hours: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
