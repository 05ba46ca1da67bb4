from core.tenancy import turns


def wait_for_turn() -> None:
    """Hold the tenant's stages to the end of the transaction: an evaluation and a move by hand come one by one."""
    turns.wait_for_turn("lifecycle.stages")


def wait_for_assignment() -> None:
    """Hold who gets the next lead: two at once would both count one too few."""
    turns.wait_for_turn("lifecycle.assignment")


def wait_for_settings() -> None:
    """Hold the tenant's rules, sources and playbooks to the end of the transaction."""
    turns.wait_for_turn("lifecycle.settings")


def wait_for_number() -> None:
    """Hold the last number of a lead: they are numbered one by one."""
    turns.wait_for_turn("lifecycle.numbers")
