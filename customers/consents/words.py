"""What a customer's timeline tells of consents."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from customers.enums import Channel, ConsentSource
from customers.models import in_language


def said_in_words(facts: Mapping[str, Any]) -> str:
    """Say what was agreed to or withdrawn, for which channels and how."""
    said = _("%(purpose)s: %(channels)s (%(how)s)") % {
        "purpose": in_language(facts["name_zh"], facts["name_en"]),
        "channels": _(", ").join(str(Channel(each).label) for each in facts["channels"]),
        "how": ConsentSource(facts["source"]).label,
    }
    return _("%(said)s, for one contact alone") % {"said": said} if facts["is_of_contact"] else said
