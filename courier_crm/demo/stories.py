"""Three customers of each courier whose numbers, shipments and timelines tell a story."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.accounts.models import User
from courier_crm.demo.couriers import Courier
from courier_crm.demo.traffic import DAYS, MONTHS


@dataclass(frozen=True, kw_only=True)
class Story:
    """How much a customer ships from which day on and month by month, and which share goes wrong of late."""

    name: str
    weight: float
    first: int
    moods: Sequence[float]
    trouble: float = 0


def _months(*last: float) -> list[float]:
    """Return a steady life with these months at its end."""
    return [1.0] * (MONTHS - len(last)) + list(last)


# By the place of the customer among all, so that its number stays the same for every seed.
STORIES = {
    # A VIP who ships less every month, and falls out of the best.
    7: Story(name="decline", weight=30, first=0, moods=_months(0.7, 0.35, 0.14, 0.09, 0.07, 0.07)),
    # A newcomer of five months, who is among the best by now.
    11: Story(name="growth", weight=26, first=DAYS - 140, moods=_months(0.05, 0.1, 0.3, 0.8, 1.8, 3.2)),
    # A steady VIP of whose shipments every other one goes wrong of late, and who calls about it.
    13: Story(name="trouble", weight=32, first=0, moods=_months(), trouble=0.45),
}


def story_of(index: int, manager: User | None) -> Story | None:
    """Return the story of the customer at a place, where there is somebody who looks after it."""
    return STORIES.get(index) if manager is not None else None


def talks_of_stories(courier: Courier) -> dict[str, Sequence[tuple[int, str, str, str]]]:
    """Return what was said to whom, by the customer's number: how many days ago, how, in which direction, what."""
    return {number_of(courier, index): courier.stories[story.name] for index, story in STORIES.items()}


def number_of(courier: Courier, index: int) -> str:
    return f"{courier.prefix}-{index:05}"
