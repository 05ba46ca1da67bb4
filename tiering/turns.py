from core.tenancy import turns


def wait_for_turn() -> None:
    """Hold the tenant's tiers to the end of the transaction.

    Two evaluations at once would count one run twice, and one that began before a tier was set by hand would
    write over it.
    """
    turns.wait_for_turn("tiering.evaluate")
