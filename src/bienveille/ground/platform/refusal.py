"""The base of every expected refusal: an exception whose text is a French sentence for the user; no fault of ours."""


class Refusal(Exception):
    """What the user asked cannot be done, and the message says why in words meant for them.

    Anything that is not a Refusal is a fault of the program: a 500 on the web, exit code 1 on the command line.
    """

    #: Sentence used when the exception is raised without one.
    message = "Cette opération n’est pas possible."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)
