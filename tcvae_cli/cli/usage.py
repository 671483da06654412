"""What is said of a command line that typer does not understand."""

import re
from typing import Any

from tcvae_cli.machine import NO_MPS
from tcvae_cli.text import meant

PLAIN_WORDS = {
    "Input should be greater than or equal to": "must be a number of at least",
    "Input should be less than or equal to": "must be at most",
    "Input should be a valid integer, unable to parse string as an integer": "must be a whole number",
    "Input should be a valid number, unable to parse string as a number": "must be a number",
    "Value error, ": "",
}
CHOICES = re.compile(r": '(.*)' is not one of ('.*')")


def usage_line(error: Any) -> str:
    """Return the line of a fault that typer found, "" where it is that nothing was typed."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    message = str(getattr(error, "message", error)) if hasattr(error, "option_name") else said(error)
    message = " ".join(message.split()).rstrip(".")
    for theirs, ours in PLAIN_WORDS.items():
        message = message.replace(theirs, ours)
    if not message:
        return ""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "tcvae"
    return f"{message[0].lower()}{message[1:]}; {question(error, message)}see {command} --help"


def said(error: Any) -> str:
    """Return what an error says, in typer's words."""
    return str(getattr(error, "format_message", lambda: str(error))())


def question(error: Any, message: str) -> str:
    """Return which flag or word may have been meant, as a question in front of a cure; or what to use instead."""
    context, found = getattr(error, "ctx", None), CHOICES.search(message)
    asked = ""
    if hasattr(error, "option_name") and context:
        flags = [flag for one in context.command.get_params(context) for flag in (*one.opts, *one.secondary_opts)]
        asked = meant(error.option_name, (flag for flag in flags if flag.startswith("--")))
    elif found and found[1] == "mps" and "'cuda'" in found[2]:
        return f"{NO_MPS}: use --device cpu, or "
    elif found:
        asked = meant(found[1], re.findall(r"'([^']*)'", found[2]))
    return f"{asked} " if asked else ""
