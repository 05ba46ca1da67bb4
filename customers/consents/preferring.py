"""The channel that a customer prefers: whether it is a way to it at all, and which one to take where it is not.

What somebody prefers allows nothing that they said no to, and a no does not take the wish away: both stand, and whoever
asks is told of both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from customers.consents.deciding import Decision, Standing, unreachable
from customers.enums import Channel, ConsentState, ContactReason
from customers.models import Consent, Contact, Customer


@dataclass(frozen=True)
class ChannelChoice:
    """By which channel to contact somebody for a purpose; None where none may be used.

    `decision` is that of the channel, or else of the one they prefer, or of the first of the purpose.
    `against_preferred` are the reasons why it is not the preferred one.
    """

    channel: str | None
    decision: Decision
    against_preferred: tuple[ContactReason, ...] = ()

    @property
    def label(self) -> str:
        return str(Channel(self.channel).label) if self.channel else ""

    @property
    def why_not_preferred(self) -> str:
        """The reasons against the preferred channel in the active language."""
        return Decision(self.against_preferred).words if self.against_preferred else ""


def choose_channel(standing: Standing, purpose: str, *, contact: Contact | None = None, at: datetime) -> ChannelChoice:
    """Choose the preferred channel where it may be used for the purpose of this key, or else its first that may."""
    preferred = standing.customer.preferred_channel
    found = standing.purposes.get(purpose)
    order = dict.fromkeys([*([preferred] if preferred else []), *(found.channels if found else [])])
    decisions = {channel: standing.decide(purpose, channel, contact=contact, at=at) for channel in order}
    against = decisions[preferred].reasons if preferred and not decisions[preferred].is_allowed else ()
    for channel, decision in decisions.items():
        if decision.is_allowed:
            return ChannelChoice(channel, decision, against)
    refused = next(iter(decisions.values()), Decision((ContactReason.NOT_IN_USE,)))
    return ChannelChoice(None, refused, against)


def against_preferred(customer: Customer, *, sees_consents: bool = True) -> str:
    """Say in words why the channel that a customer prefers is no way to it, or for what it is none; "" where it is one.

    Two queries at most, none where no channel is preferred.
    """
    channel = customer.preferred_channel
    if not channel:
        return ""
    if reasons := tuple(unreachable(Standing(customer), channel, None)):
        return _("They prefer this channel, but: %(reasons)s.") % {"reasons": Decision(reasons).words}
    refused = _refused_purposes(customer, channel) if sees_consents else []
    if not refused:
        return ""
    return _("They prefer this channel, but said no to it for: %(purposes)s.") % {"purposes": _(", ").join(refused)}


def _refused_purposes(customer: Customer, channel: str) -> Sequence[str]:
    said = Consent.objects.filter(
        customer=customer, contact=None, channel=channel, state=ConsentState.WITHDRAWN, purpose__is_active=True
    )
    return [each.purpose.name for each in said.select_related("purpose").order_by("purpose__order", "purpose_id")]
