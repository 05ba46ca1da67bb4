"""What a customer's timeline and its follow-ups tell of behaviour."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from behaviour.enums import BehaviourKind


def day_in_words(facts: Mapping[str, Any]) -> str:
    """Say what was done on a day, and how often."""
    count = facts["count"]
    if facts["what"] == BehaviourKind.QUOTE:
        words = ngettext("Asked for a price online", "Asked for prices online %(count)s times", count)
    elif facts["what"] == BehaviourKind.BASKET:
        words = ngettext("Left an order unfinished online", "Left orders unfinished online %(count)s times", count)
    else:
        words = ngettext("Came to the web page or the app", "Came to the web page or the app %(count)s times", count)
    return words % {"count": count}


def wish_in_words(facts: Mapping[str, Any]) -> str:
    """Say what was wished for and not shipped; of what was forgotten only that it was."""
    if not facts:
        return _("The customer no longer agrees to the use of what led to this.")
    if facts["wish"] == BehaviourKind.QUOTE:
        words = _("Asked for a price online on %(day)s and has shipped nothing since. Call and offer help.")
    else:
        words = _("Left an order unfinished online on %(day)s and has shipped nothing since. Call and offer help.")
    return words % {"day": facts["wished_on"]}
