"""Whether this computer's clock can be right, by what it said before."""

from consentsig.cli.terminal import arguments, output
from consentsig.errors import utc
from consentsig.home.home import Home


def warn_if_set_back(home: Home) -> None:
    """Say so if the clock is behind something that was made here: what is made now looks older."""
    newest, now = home.newest(), arguments.now()
    if newest is not None and newest > now:
        output.warning(
            f"this computer's clock says {utc(now)}, and something was made here at "
            f"{utc(newest)}; what you make now will bear the earlier time"
        )
        output.hint("set the clock, then run the command again")
