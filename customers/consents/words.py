"""What a customer's timeline tells of consents."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from customers.enums import Channel, ConsentSource, ContactPointKind
from customers.models import in_language

# What holders of a link say of their contact points is kept with the version of the words that they saw: whoever
# changes the words of `points_text` raises it.
POINTS_TEXT_VERSION = 1


def points_text() -> str:
    """Return what the preference centre says of contact points, before anybody decides about one."""
    return _(
        "These are the ways we know to reach you, partly hidden. What you no longer want us to use we do not use for"
        " anything, from this moment on. Where several may be used, we use the preferred one first."
    )


def said_in_words(facts: Mapping[str, Any]) -> str:
    """Say what was agreed to or withdrawn, for which channels and how."""
    said = _("%(purpose)s: %(channels)s (%(how)s)") % {
        "purpose": in_language(facts["name_zh"], facts["name_en"]),
        "channels": _(", ").join(str(Channel(each).label) for each in facts["channels"]),
        "how": ConsentSource(facts["source"]).label,
    }
    return _("%(said)s, for one contact alone") % {"said": said} if facts["is_of_contact"] else said


def point_in_words(facts: Mapping[str, Any]) -> str:
    """Say of which way to be reached something was said, and how."""
    return _("%(way)s (%(how)s)") % {
        "way": ContactPointKind(facts["way"]).label,
        "how": ConsentSource(facts["source"]).label,
    }
