"""The command line. ``main`` is its entry; each command is a module, loaded when it is named."""

import sys
from typing import Final

INTERRUPTED: Final = 130  # as shells report a program that Ctrl-C ended


def main() -> int:
    """Run the command line of this process; return its exit status."""
    try:
        # Here and not above, so that Ctrl-C is answered from the start.
        from consentsig.cli.app import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        print("consentsig: interrupted", file=sys.stderr)
        return INTERRUPTED
