"""What people write on the command line, read into values; each refusal says what is expected."""

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
from typer.core import TyperCommand

from consentsig import Grantee, KeyFileError, PublicKey, Use
from consentsig.cli.terminal import output
from consentsig.cli.terminal.output import Problem
from consentsig.format.strings import is_party_address
from consentsig.home import files
from consentsig.home.database import DATABASE
from consentsig.home.home import VARIABLE, Home
from consentsig.keys import parse_thumbprint

if TYPE_CHECKING:
    from consentsig.evidence import FetchPolicy

_F = TypeVar("_F", bound=Callable[..., Any])
MAX_KEY_FILE_LEN: Final = 65_536
_MOST_DAYS: Final = 36_500  # for --max-age
_BLANKS: Final = " \t\r\n"  # what mail programs put into a long line
_ONE_DAY: Final = timedelta(days=1)
_KEY_FORMS: Final = "a did:key:… line, 64 digits of 0-9 and a-f, or a file with a public key (PEM)"
# A fingerprint, or one with digits missing or too many: never a file, which somebody else may
# have named so.
_FINGERPRINT: Final = re.compile(r"[0-9A-Fa-f]{32,}")
_HOST: Final = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=/|$)", re.IGNORECASE)
_HTTPS_WITHOUT_PATH: Final = re.compile(r"(https://[^/?#]+)(\?.*)?")
_CLOSE: Final = 0.8  # a slip of the finger, and not another word, as train is to pretrain
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

HomeFolder = Annotated[
    str | None,
    typer.Option(
        "--home",
        envvar=VARIABLE,
        show_envvar=False,
        metavar="FOLDER",
        help="The home folder.",
    ),
]
PassphraseFile = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Read the passphrase from the first line of FILE."),
]
AllowPrivate = Annotated[
    bool,
    typer.Option("--allow-private", help="Also fetch from this computer or a private network."),
]
Territory = Annotated[
    str | None,
    typer.Option(metavar="CC", help="The country of the use, or 001 for the whole world."),
]
Creators = Annotated[list[str] | None, typer.Option(metavar="KEY", help="Also believe this key.")]
Status = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE|DIR", help="Also use these status lists, and fetch none."),
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Fetch nothing. Use the status lists seen before.")
]
Refresh = Annotated[
    bool,
    typer.Option("--refresh", help="Fetch the lists again, though those here are fresh."),
]
MaxAge = Annotated[
    int | None, typer.Option(metavar="DAYS", help="Accept no status list that is older.")
]
At = Annotated[
    str | None, typer.Option(metavar="TIME", help="Ask about this time. It needs a time zone.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]


def command_app(group_help: str | None = None) -> typer.Typer:
    """A place for one command, or for a group of them, which has help of its own."""
    return typer.Typer(
        add_completion=False,
        help=group_help,
        no_args_is_help=group_help is not None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


class _Command(TyperCommand):
    """A command whose help names arguments as manuals do, ``FILE...``, whichever typer it is."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401  # typer hides its type
        """The arguments as the usage names them: one that may be left out in brackets."""
        arguments = [each for each in self.get_params(ctx) if _is_argument(each)]
        names = [each.metavar if each.required else f"[{each.metavar}]" for each in arguments]
        return ["[OPTIONS]", *map(str, names)]

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # as above
        """What each argument and option is; some versions of typer add types to arguments."""
        arguments, options = [], []
        for each in self.get_params(ctx):
            if (record := each.get_help_record(ctx)) is None:
                continue
            if _is_argument(each):
                arguments.append((str(each.metavar), record[1]))
            else:
                options.append(record)
        for title, rows in (("Arguments", arguments), ("Options", options)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _is_argument(parameter: Any) -> bool:  # noqa: ANN401  # as above
    return bool(parameter.param_type_name == "argument")


def command(app: typer.Typer, *examples: str, name: str | None = None) -> Callable[[_F], _F]:
    """A command of *app*, whose help ends with *examples*, a line each."""
    lines = "".join(f"\n  {example}" for example in examples)
    return app.command(name, cls=_Command, epilog=f"\b\nExamples:{lines}")


def contract(file: str, limit: int = 0) -> bytes:
    """A contract as bytes: those of *file*, or the one line in it, or *file* itself is one.

    Args:
        file: A path, or - for standard input, or a line.
        limit: The most bytes to read, if that is more than a contract has.

    Raises:
        MalformedError: It begins as a line does and is none (spec §3.10).
        OSError: It cannot be read.
    """
    from consentsig.contract import CONTRACT
    from consentsig.oneline import MAX_LINE_LEN, PREFIX

    if file.lstrip(_BLANKS).startswith(PREFIX):  # pasted from a mail
        return _from_wrapped(file)
    data = files.read(file, max(2 * MAX_LINE_LEN, limit))  # with the spaces that mail puts in
    if not data.lstrip(_BLANKS.encode()).startswith(PREFIX.encode()):
        return data[: max(CONTRACT.max_len, limit) + 1]  # one more tells that it is too long
    return _from_wrapped(data.decode("ascii", "replace"))


def contract_or_batch(file: str) -> bytes:
    """As :func:`contract`, but a batch file is read whole."""
    from consentsig.batch import MAX_FILE_LEN, is_batch
    from consentsig.contract import CONTRACT

    data = contract(file, MAX_FILE_LEN)
    return data if is_batch(data) else data[: CONTRACT.max_len + 1]


def _from_wrapped(text: str) -> bytes:
    """The contract in a line that mail may have wrapped; that spaces were left out is said.

    The format allows none (spec §3.10). They mean nothing between these characters, so leaving
    them out changes no contract into another.
    """
    from consentsig.oneline import from_line

    text = text.strip(_BLANKS)
    line = text.translate(dict.fromkeys(map(ord, _BLANKS)))
    data = from_line(line)
    if line != text:
        output.error("note", "the line was wrapped: spaces and line ends in it were left out")
    return data


def open_home(folder: str | None) -> Home:
    """The home folder that was named, or the platform's."""
    if folder is not None:
        named = Path(home_folder(folder))
        if named.is_file():
            raise Problem(f"{named}: is a file, expected a home folder")
        return Home(named)
    from platformdirs import user_data_path

    return Home(user_data_path("consentsig", appauthor=False))


def check_out(folder: Path) -> None:
    """Refuse what cannot be the folder of ``--out``; one with two new parts is likely mistyped."""
    if folder.exists() and not folder.is_dir():
        raise Problem(f"{folder}: is a file, expected a folder")
    if not folder.parent.is_dir():
        raise Problem(f"{folder.parent}: there is no such folder")
    if (folder / DATABASE).exists():
        raise Problem(
            f"{folder} is a home folder, with keys in it, and nothing there is to be uploaded",
            "name another folder",
        )


def make_out(folder: Path) -> None:
    """Make the folder of ``--out``, once all else went well: a refusal leaves none behind."""
    check_out(folder)
    folder.mkdir(exist_ok=True)


def home_folder(folder: str) -> str:
    """What ``--home`` names, which is not nothing: that would be the folder one is in."""
    if not folder:
        raise Problem("--home is empty, expected a folder", "is a variable not set?")
    if folder != os.environ.get(VARIABLE):  # else every command finds it without being told
        output.home = output.shell(folder)
    return folder


def now() -> datetime:
    """The clock, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def key(text: str) -> tuple[bytes, PublicKey | None]:
    """The thumbprint of the public key that *text* names, and the key itself if it is there.

    What reads as a fingerprint or a did:key never names a file, whatever files there are:
    a file of such a name is written with its folder, as ``./`` at least.
    """
    if text.startswith("did:"):
        found = PublicKey.from_did_key(text)
        return found.thumbprint, found
    if _FINGERPRINT.fullmatch(text):
        return parse_thumbprint(text), None
    try:
        data = files.read(text, MAX_KEY_FILE_LEN)
    except FileNotFoundError:
        raise Problem(f"{text!r} is neither a key nor a file; a key is {_KEY_FORMS}") from None
    if b"PRIVATE KEY" in data:
        raise Problem(
            f"{text}: this is a private key, which nobody else should see; expected a public one",
            "consentsig key export --public --out FILE",
        )
    try:
        found = PublicKey.from_pem(data)
    except KeyFileError as error:
        raise Problem(f"{text}: {error}") from None
    return found.thumbprint, found


def address(text: str) -> str:
    """The address *text* of a grantee; the path ``/`` is added where it is missing."""
    if match := _HTTPS_WITHOUT_PATH.fullmatch(text):
        text = f"{match[1]}/{match[2] or ''}"
    if not is_party_address(text):
        raise Problem(
            f"{text!r} cannot be a grantee's address, which begins with https:// (the host in "
            "lower case) or did:, and has no #, no user name and no port 443"
        )
    return text


def is_key(text: str) -> bool:
    """Whether *text*, where an address or a key is expected, names a key.

    What reads as an address is none, whatever files there are; ``acme.example`` could be a file
    that somebody else put there. Such a file is written with its folder, as ``./`` at least, or
    has a name that ends ``.pem``.
    """
    return reads_as_key(text) or (not _reads_as_address(text) and os.path.lexists(text))


def reads_as_key(text: str) -> bool:
    """Whether *text* is written as a fingerprint or a did:key is, right or wrong."""
    return text.startswith("did:key:") or bool(_FINGERPRINT.fullmatch(text))


def _reads_as_address(text: str) -> bool:
    return "://" in text or bool(_HOST.match(text) and not text.endswith(".pem"))


def party(text: str) -> Grantee:
    """Who asks, by address, key, or both: a did:key is an address and a key."""
    if text.startswith("did:key:"):
        try:
            thumbprint = PublicKey.from_did_key(text).thumbprint
        except KeyFileError:  # a key of another kind can still be an address
            return Grantee(uri=address(text))
        return Grantee(uri=text, key=thumbprint)
    if "://" in text or text.startswith("did:"):
        return Grantee(uri=address(text))
    if _reads_as_address(text):
        meant = _HOST.sub(lambda host: f"https://{host[0].lower()}", text, count=1)
        hints = [f"for the address: --for {address(meant)}"]
        if os.path.lexists(text):
            hints.append(f"for the key in the file: --for {output.shell(f'./{text}')}")
        raise Problem(f"{text!r} is not an address, which begins with https://", *hints)
    return Grantee(key=key(text)[0])


def fetch_policy(
    *, offline: bool, status: list[str] | None, allow_private: bool, refresh: bool
) -> "FetchPolicy | None":
    """How lists are fetched, as the options above say; None where none is."""
    from consentsig.evidence import FetchPolicy

    if not offline and not status:
        return FetchPolicy(allow_private=allow_private, refresh=refresh)
    if refresh:
        other = "--offline" if offline else "--status"
        raise Problem(f"--refresh and {other} exclude each other; with {other} no list is fetched")
    return None


def max_age(days: int | None) -> timedelta | None:
    """The greatest age of a status list, as ``--max-age`` gives it."""
    if days is None:
        return None
    if not 0 <= days <= _MOST_DAYS:
        raise Problem(f"--max-age is {days} days, expected 0 to {_MOST_DAYS}")
    return timedelta(days=days)


def use(label: str) -> Use:
    """The use called *label*."""
    try:
        return Use.from_label(label)
    except ValueError:
        from difflib import get_close_matches

        known = [use.label for use in Use]
        close = get_close_matches(label.lower(), known, 1, _CLOSE)
        meanings = [f"{use.label}: {use.meaning}" for use in Use]
        raise Problem(
            f"there is no use called {label!r}; the uses are {', '.join(known)}",
            *([f"did you mean {close[0]}?"] if close else meanings),
        ) from None


def day(text: str, option: str) -> datetime:
    """The first instant of the UTC day *text*."""
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        pass
    raise Problem(f"{option} is {text!r}, expected a day such as 2027-12-31")


def end_of(text: str, option: str) -> datetime:
    """The first instant after the UTC day *text*."""
    try:
        return day(text, option) + _ONE_DAY
    except OverflowError:
        raise Problem(f"{option} is {text!r}, expected a day before 9999-12-31") from None


def asked_at(text: str | None) -> datetime:
    """The instant a question is about; it has a zone and is not later than now."""
    from consentsig.status_book import SKEW  # loads the readers of lists, which not all need

    clock = datetime.now(UTC)
    if text is None:
        return clock
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(f"--at is {text!r}, expected such as 2026-01-31T12:00:00Z") from None
    if at.tzinfo is None:
        raise Problem(f"--at is {text!r}, which names no time zone", _with_zone(text, at, clock))
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise Problem(f"--at is {text!r}, which is outside the years 1 to 9999") from None
    if at > clock + SKEW:
        raise Problem(
            f"--at is {text!r}, now is {clock:%Y-%m-%dT%H:%M:%SZ}; "
            "a later time cannot be asked about"
        )
    return at


def _with_zone(text: str, at: datetime, clock: datetime) -> str:
    """How *text* is written so that it can be asked; of a day, noon or now."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"write it with one: --at {at.isoformat()}Z or --at {at.isoformat()}+01:00"
    noon = min(at.replace(hour=12, tzinfo=UTC), clock)
    return f"write one instant of that day: --at {noon:%Y-%m-%dT%H:%M:%SZ}"


def territory(text: str) -> str:
    """A country code, or 001 for the whole world."""
    code = text.upper() if text.isascii() else text  # ß would become SS
    if code != "001" and not re.fullmatch(r"[A-Z]{2}", code):
        raise Problem(f"{text!r} is not a country code, which is two letters such as PT, or 001")
    return code
