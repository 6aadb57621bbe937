"""``uses``: the ten uses there are, with what each permits."""

from consentsig import Use
from consentsig.cli.granting.use_explanations import IN_OTHER_WORDS
from consentsig.cli.terminal import arguments, output
from consentsig.cli.terminal.output import line

app = arguments.command_app()


@arguments.command(app, "consentsig uses")
def uses(as_json: arguments.Json = False, folder: arguments.HomeFolder = None) -> int:
    """Print the uses that a contract can permit, with their codes, names and meanings."""
    del folder  # accepted everywhere; nothing is looked up here
    for use in Use:
        if as_json:
            output.json_line({"code": use.value, "name": use.label, "meaning": use.meaning})
        else:
            line(f"{use.value:>2}  {use.label:<12}  {use.meaning}")
            line(f"{'':>18}{IN_OTHER_WORDS[use]}")
    if not as_json:
        line()
        line("The first line of each is what a contract says; the second is there to help.")
        line('No use implies another, and there is no "all": each is permitted by its name only.')
    return output.HOLDS
