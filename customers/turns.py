from core.tenancy.turns import take_turn, wait_for_turn


def wait_for_imports() -> None:
    """Hold the tenant's shipments and many customers at once to the end of the transaction.

    Whoever writes shipments, or many customers or their figures in one statement takes turns, because such statements
    lock their rows in no fixed order.
    """
    wait_for_turn("shipments")


def take_turn_of_imports() -> bool:
    """Do the same if nobody else does, and say whether it is held."""
    return take_turn("shipments")
