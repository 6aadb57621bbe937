"""The command line. ``main`` is its entry; each command is a module, loaded when it is named."""

import signal
import sys
from typing import Final, NoReturn

_BY_SIGNAL: Final = 128  # to which shells add the signal that ended a program
_FAULT: Final = 70  # EX_SOFTWARE of sysexits.h
_INTERRUPTED: Final = _BY_SIGNAL + signal.SIGINT


class _Ended(BaseException):
    """The terminal was closed, or the program was asked to end: tidied up after as Ctrl-C is."""


def main() -> int:
    """Run the command line of this process; return its exit status."""
    try:
        _end_tidily()
        # Here and not above, so that Ctrl-C is answered from the start.
        from consentsig.cli.app import run

        return run(sys.argv[1:])
    except _Ended as end:
        return _BY_SIGNAL + int(end.args[0])
    except KeyboardInterrupt:
        # A terminal echoes ^C where the cursor stands, as after a prompt.
        if sys.stderr.isatty():
            print(file=sys.stderr)
        print("consentsig: interrupted", file=sys.stderr)
        return _INTERRUPTED
    except Exception:  # noqa: BLE001  # Python would end with 1, which says "it does not hold"
        import traceback

        traceback.print_exc()
        return _FAULT


def _end_tidily() -> None:
    """Let a closed terminal and ``kill`` end the program as Ctrl-C does, not in mid-step."""
    for name in ("SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        # One that is ignored, as under nohup, stays so.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: object) -> NoReturn:
    raise _Ended(number)
