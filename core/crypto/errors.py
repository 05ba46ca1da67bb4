"""What can be wrong with keys; imported before any model is."""


class KeyUnavailable(RuntimeError):
    """A tenant's key cannot be had: it was destroyed, or the master key does not open it. The message says which."""


class WrongMasterKey(RuntimeError):
    """The master key is not the one by which this was wrapped."""
