"""What a command prints on a terminal."""

import os

from command_line import Cli


def on_a_terminal(cli: Cli, *arguments: str, columns: int = 72, **environment: str) -> str:
    """Run a command on a terminal so wide; return all it printed there."""
    import pty  # which Windows has not

    before = cli.environment
    cli.environment = before | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | environment
    leader, follower = pty.openpty()
    process = cli.start(*arguments, stdout=follower, stderr=follower)
    cli.environment = before
    os.close(follower)
    text = b""
    while chunk := read_from(leader):
        text += chunk
    process.wait()
    os.close(leader)
    return text.decode().replace("\r\n", "\n")


def read_from(descriptor: int) -> bytes:
    """What a terminal shows next; nothing at its end."""
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # Linux says so at the end of a terminal
        return b""
