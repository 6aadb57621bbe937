import pytest

from command_line import Cli, contents
from consentsig import PrivateKey

ANA, EVE = PrivateKey(bytes(range(32))).public, PrivateKey(bytes(range(1, 33))).public


def test_a_key_is_believed_by_did_by_file_and_by_thumbprint(cli: Cli) -> None:
    (cli.folder / "eve.pem").write_bytes(EVE.to_pem())
    third = PrivateKey(bytes(range(2, 34))).public
    cli("trust", "add", ANA.to_did_key(), "--name", "Ana")
    cli("trust", "add", "eve.pem", "--name", "Eve")
    cli("trust", "add", third.thumbprint.hex(), "--name", "Zoe")
    known = cli("trust", "list", "--json").json
    assert [(each["known_as"], each["thumbprint"], each["did"]) for each in known] == [
        ("Ana", ANA.thumbprint.hex(), ANA.to_did_key()),
        ("Eve", EVE.thumbprint.hex(), EVE.to_did_key()),
        ("Zoe", third.thumbprint.hex(), None),
    ]


def test_a_key_is_forgotten_by_name_or_by_key(cli: Cli) -> None:
    cli("trust", "add", ANA.to_did_key(), "--name", "Ana")
    cli("trust", "add", EVE.to_did_key(), "--name", "Eve")
    cli("trust", "remove", "Ana")
    cli("trust", "remove", EVE.thumbprint.hex())
    assert cli("trust", "list").out == ""
    assert "not among the believed keys" in cli.refuses("trust", "remove", "Ana")


def test_a_name_never_changes_its_key(cli: Cli) -> None:
    cli("trust", "add", ANA.to_did_key(), "--name", "Ana")
    line = cli.refuses("trust", "add", EVE.to_did_key(), "--name", "Ana")
    assert ANA.thumbprint.hex() in line
    assert EVE.thumbprint.hex() in line
    assert "already believed" in cli.refuses("trust", "add", ANA.to_did_key(), "--name", "Anna")
    assert "Already believed" in cli("trust", "add", ANA.to_did_key(), "--name", "Ana").out


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("missing.pem", "is neither a key nor a file"),
        ("did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc", "not an Ed25519 did:key"),
        ("did:web:ana.example", "not an Ed25519 did:key"),
        (ANA.to_did_key()[:-1], "it has 55 characters, expected 56"),
        (ANA.to_did_key()[:-1] + "0", "a character in it is wrong"),
        (ANA.thumbprint.hex().upper(), "64 digits of 0-9 and a-f"),
        ("private.pem", "private key, which nobody else should see"),
        ("text", "not a PEM public key"),
        (".", "is a directory"),
    ],
)
def test_what_is_no_public_key_is_refused(cli: Cli, key: str, reason: str) -> None:
    (cli.folder / "private.pem").write_bytes(PrivateKey.generate().to_pem(None))
    (cli.folder / "text").write_text("two red boats")
    assert reason in cli.refuses("trust", "add", key, "--name", "Ana")


def test_listing_makes_no_home(cli: Cli) -> None:
    assert cli("trust", "list").out == ""
    assert contents(cli.folder) == {}
    assert not cli.home.exists()


def test_a_file_named_like_a_fingerprint_is_never_read_for_it(cli: Cli) -> None:
    fingerprint = ANA.thumbprint.hex()
    (cli.folder / fingerprint).write_bytes(EVE.to_pem())
    cli("trust", "add", fingerprint, "--name", "Ana")
    assert cli("trust", "list").out == f"{fingerprint} Ana\n"
    cli("trust", "add", f"./{fingerprint}", "--name", "Eve")
    assert f"{EVE.thumbprint.hex()} Eve\n" in cli("trust", "list").out


@pytest.mark.parametrize("slip", [ANA.thumbprint.hex()[:-1], ANA.thumbprint.hex() + "0"])
def test_a_fingerprint_with_a_slip_is_never_a_file(cli: Cli, slip: str) -> None:
    (cli.folder / slip).write_bytes(EVE.to_pem())
    assert "64 digits of 0-9 and a-f" in cli.refuses("trust", "add", slip, "--name", "Ana")


@pytest.mark.parametrize("name", [ANA.thumbprint.hex(), EVE.to_did_key()])
def test_a_name_that_reads_as_a_key_is_refused(cli: Cli, name: str) -> None:
    assert "reads as a key" in cli.refuses("trust", "add", EVE.to_did_key(), "--name", name)


def test_removing_somebody_by_name_looks_at_no_file_of_that_name(cli: Cli) -> None:
    (cli.folder / "Ana").write_bytes(EVE.to_pem())
    cli("trust", "add", ANA.to_did_key(), "--name", "Ana")
    cli("trust", "add", EVE.to_did_key(), "--name", "Eve")
    cli("trust", "remove", "Ana")
    assert cli("trust", "list").out == f"{EVE.thumbprint.hex()} Eve\n"


# --- many at once ---


def test_a_file_of_keys_is_believed_whole(cli: Cli) -> None:
    ana, ben, eve = (PrivateKey(bytes([n]) * 32).public for n in range(1, 4))
    (cli.folder / "keys.txt").write_text(
        "# who signs for the magazine\n\n"
        f"{ana.to_did_key()} Ana Liu\n"
        f"  {ben.thumbprint.hex()}\tBen  \n"
    )
    result = cli("trust", "add", "--from", "keys.txt")
    assert result.out.splitlines() == [
        f"Believed from now on: Ana Liu, key {ana.thumbprint.hex()}",
        f"Believed from now on: Ben, key {ben.thumbprint.hex()}",
    ]
    assert "Already believed: Ben" in cli("trust", "add", "--from", "keys.txt").out
    (cli.folder / "more.txt").write_text(f"{eve.to_did_key()} Eve\n{eve.to_did_key()} Ana Liu\n")
    before = cli("trust", "list").out
    assert '"Ana Liu" is key' in cli("trust", "add", "--from", "more.txt", status=2).err
    assert cli("trust", "list").out == before  # all or none


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "there is no key in it"),
        (b"# nobody\n", "there is no key in it"),
        (b"did:key:z6Mk Ana\n", "line 1: "),
        (b"11" * 32 + b"\n", "line 1: "),
        (b"#\n" + b"11" * 32 + b" " + b"22" * 32 + b"\n", "line 2: --name is"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"nowhere.pem Ana\n", "line 1: 'nowhere.pem' is neither a key nor a file"),
    ],
)
def test_a_file_that_is_no_file_of_keys_is_refused(cli: Cli, data: bytes, reason: str) -> None:
    (cli.folder / "keys.txt").write_bytes(data)
    assert reason in cli.refuses("trust", "add", "--from", "keys.txt")


@pytest.mark.parametrize(
    "arguments",
    [(), ("11" * 32,), ("--name", "Ana"), ("11" * 32, "--from", "keys.txt"), ("11" * 32, "--name")],
)
def test_a_key_has_its_name_or_all_come_from_a_file(cli: Cli, arguments: tuple[str, ...]) -> None:
    (cli.folder / "keys.txt").write_text(f"{'11' * 32} Ana\n")
    assert cli.refuses("trust", "add", *arguments)
