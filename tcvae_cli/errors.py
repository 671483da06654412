"""The two ways a verb may fail, each one line for the person who typed it."""


class TcvaeError(Exception):
    """Could not be done: a file, a format, a number. Printed as `tcvae: WHERE: FAULT; CURE`, exit code 1."""

    exit_code = 1

    def __init__(self, where: str, fault: str, cure: str) -> None:
        super().__init__(where, fault, cure)
        self.where, self.fault, self.cure = where, fault, cure

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.fault}; {self.cure}")


def printable(text: str) -> str:
    """TEXT on one line, in letters that can be printed and stored: names of files may hold anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class UsageError(TcvaeError):
    """The command line itself is wrong: exit code 2. WHERE names the flag."""

    exit_code = 2


class Terminated(BaseException):
    """SIGTERM arrived. Not an Exception, so that only clean-up code sees it on its way to exit code 143."""
