"""What a customer's timeline tells of service plans."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def approved_in_words(facts: Mapping[str, Any]) -> str:
    return _("%(number)s, edition %(edition)s: from %(start)s through %(end)s") % {
        "number": facts["number"],
        "edition": facts["edition"],
        "start": facts["starts_on"],
        "end": facts["ends_on"],
    }
