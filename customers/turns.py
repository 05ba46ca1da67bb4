from core.tenancy.turns import share_turn, take_turn, wait_for_turn


def share_referrers() -> None:
    """Hold merges off to the end of the transaction: whoever names a referrer does, before any customer is held.

    A merge brings those whom a customer brought to another one, in no fixed order.
    """
    share_turn("referrers")


def wait_for_referrers() -> None:
    """Wait for whoever names a referrer, and hold the next ones off to the end of the transaction."""
    wait_for_turn("referrers")


def wait_for_imports() -> None:
    """Hold the tenant's shipments and many customers at once to the end of the transaction.

    Whoever writes shipments, or many customers or their figures in one statement takes turns, because such statements
    lock their rows in no fixed order.
    """
    wait_for_turn("shipments")


def take_turn_of_imports() -> bool:
    """Do the same if nobody else does, and say whether it is held."""
    return take_turn("shipments")
