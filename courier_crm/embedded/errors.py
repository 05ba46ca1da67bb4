class EmbeddedError(SystemExit):
    """What is wrong and how to mend it; uncaught, it ends the program with these words and no traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Embedded mode: {message}")
