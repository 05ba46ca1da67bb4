"""The pipeline as rules: which stages there are to work in, and from which one leads to which."""

from development.enums import DealStage

OPEN = (DealStage.IDENTIFIED, DealStage.QUALIFIED, DealStage.PROPOSED, DealStage.NEGOTIATING)
CLOSED = (DealStage.WON, DealStage.LOST)
# What is won stays won; what was lost may be taken up again.
MOVES: dict[str, tuple[DealStage, ...]] = {
    DealStage.IDENTIFIED: (DealStage.QUALIFIED, DealStage.LOST),
    DealStage.QUALIFIED: (DealStage.PROPOSED, DealStage.IDENTIFIED, DealStage.LOST),
    DealStage.PROPOSED: (DealStage.NEGOTIATING, DealStage.WON, DealStage.QUALIFIED, DealStage.LOST),
    DealStage.NEGOTIATING: (DealStage.WON, DealStage.PROPOSED, DealStage.LOST),
    DealStage.WON: (),
    DealStage.LOST: (DealStage.QUALIFIED,),
}
# Per cent of what is expected in a stage that a new tenant counts on.
FIRST_CHANCES = {
    DealStage.IDENTIFIED: 10,
    DealStage.QUALIFIED: 30,
    DealStage.PROPOSED: 50,
    DealStage.NEGOTIATING: 75,
}


def may_move(*, old: str, new: str) -> bool:
    return new in MOVES[old]
