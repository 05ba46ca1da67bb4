"""The keyboard map: one table that draws the help sheet, out of which keys.js reads what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.web.navigation import Entry

# Ctrl, or ⌘ where the machine has one.
MOD = "Mod+"


@dataclass(frozen=True)
class Key:
    """What happens on a key, on Ctrl or ⌘ with one, or on two after another with a blank between them.

    `act` names the function in keys.js; `also` is another key that does the same.
    """

    act: str
    press: str
    label: str | Promise
    also: str = ""

    @property
    def shown(self) -> list[list[str]]:
        """Return what stands on the keys, for each way to press them."""
        return [_names(press) for press in (self.press, self.also) if press]


def _names(press: str) -> list[str]:
    if press.startswith(MOD):
        return ["Ctrl", press.removeprefix(MOD).capitalize()]
    return press.split() or [str(_("Space"))]


KEYS = (
    Key("search", "/", _("Search")),
    Key("palette", "Mod+k", _("Commands: what can be done here, where to go, what to create")),
    Key("next", "j", _("Next in a list")),
    Key("previous", "k", _("Previous in a list")),
    Key("open", "o", _("Open the chosen row")),
    Key("preview", "p", _("Preview the chosen row beside the list"), also=" "),
    Key("tick", "x", _("Tick the chosen row")),
    Key("edit", "e", _("Edit the chosen row, or this record")),
    Key("note", "n", _("Write down a contact, here or with the chosen row")),
    Key("follow_up", "f", _("New follow-up")),
    Key("take", "t", _("Take the service request")),
    Key("done", "d", _("Done: the follow-up, or the service request")),
    Key("snooze", "z", _("Snooze the follow-up for an hour, or let the service request wait")),
    Key("reschedule", "r", _("Move the follow-up to tomorrow")),
    Key("hand_over", "h", _("Hand the follow-up or the service request over")),
    Key("cancel", "c", _("Give the follow-up up, or decline the service request")),
    Key("undo", "u", _("Undo what was just saved")),
    Key("send", "Mod+enter", _("Send the form that is being filled in")),
    Key("help", "?", _("Show these shortcuts")),
)


def table(areas: Iterable[Entry]) -> list[Key]:
    """Return the whole map for somebody who may enter these areas."""
    letters = [
        Key("area", f"g {area.letter}", _("Go to %(area)s") % {"area": area.label}) for area in areas if area.letter
    ]
    return [*KEYS, *letters]
