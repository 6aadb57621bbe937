"""What a creator in a test has: keys, positions, and lists they could sign."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from command_line import LIST_URI, Cli
from consentsig import (
    ListTerms,
    PrivateKey,
    pack_statuses,
    parse_contract,
    sign_status_list,
)


def key_of(cli: Cli) -> PrivateKey:
    file = Path(cli("key", "show", "--json").json[0]["file"])
    return PrivateKey.from_pem(file.read_bytes(), None)


def recovery_of(cli: Cli) -> PrivateKey:
    return PrivateKey.from_pem((cli.folder / "recovery.pem").read_bytes(), None)


def position(cli: Cli, name: str = "poem.txt") -> int:
    status = parse_contract((cli.folder / f"{name}.consent").read_bytes()).terms.status
    assert status is not None
    return status.idx


def list_by(key: PrivateKey, issued: datetime, revoked: set[int], size: int = 4096) -> bytes:
    statuses = pack_statuses(size, dict.fromkeys(revoked, 1))
    return sign_status_list(
        ListTerms(LIST_URI, key.public, issued, issued + timedelta(days=90), statuses), key
    )


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
