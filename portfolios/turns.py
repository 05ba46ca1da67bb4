from core.tenancy import turns


def wait_for_turn() -> None:
    """Hold what comes into the tenant's portfolios to the end of the transaction, before any customer is held.

    Two at once would both see the same room, or the same claim left.
    """
    turns.wait_for_turn("portfolios.turn")


def wait_for_settings() -> None:
    """Hold the tenant's rules of portfolios to the end of the transaction."""
    turns.wait_for_turn("portfolios.settings")
