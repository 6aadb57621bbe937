import base64
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from command_line import FREE, LIST_URI, TERMS, Cli, contents
from consentsig import KeyFileError, PrivateKey, PublicKey, parse_contract

PBKDF2 = bytes.fromhex("2a864886f70d01050c")
HMAC_SHA256 = bytes.fromhex("2a864886f70d0209")
AES_256_CBC = bytes.fromhex("60864801650304012a")
ROUNDS = bytes.fromhex("020309 27c0")  # INTEGER 600,000
PKCS8 = serialization.PrivateFormat.PKCS8
PEM = serialization.Encoding.PEM
CLEAR = serialization.NoEncryption()


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "words"
    path.write_text("two red boats\nnot this line\n")
    return path


def keys_in(home: Path) -> list[Path]:
    return sorted((home / "keys").iterdir())


def test_init_makes_a_locked_key_and_a_recovery_key_elsewhere(cli: Cli, passphrase: Path) -> None:
    result = cli(
        *("init", "--name", "Ana Liu", "--recovery-out", "recovery.pem"),
        *("--passphrase-file", passphrase),
    )
    (key,) = keys_in(cli.home)
    signing = PrivateKey.from_pem(key.read_bytes(), b"two red boats")
    recovery = PrivateKey.from_pem((cli.folder / "recovery.pem").read_bytes(), b"two red boats")
    shown = cli("key", "show", "--json").json
    assert signing.public != recovery.public
    assert shown[0]["thumbprint"] == signing.public.thumbprint.hex()
    assert shown[0]["recovery"] == recovery.public.thumbprint.hex()
    assert f"consentsig trust add {signing.public.to_did_key()} --name 'Ana Liu'" in result.out
    assert "away from this computer" in result.out


def test_key_files_are_locked_with_600000_rounds(cli: Cli, passphrase: Path) -> None:
    cli(
        *("init", "--name", "Ana", "--recovery-out", "recovery.pem"),
        *("--passphrase-file", passphrase),
    )
    for path in [*keys_in(cli.home), cli.folder / "recovery.pem"]:
        pem = path.read_text()
        assert pem.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
        assert all(part in body(pem) for part in (PBKDF2, HMAC_SHA256, AES_256_CBC, ROUNDS))
        PrivateKey.from_pem(pem.encode(), b"two red boats")
        serialization.load_pem_private_key(pem.encode(), b"two red boats")


def body(pem: str) -> bytes:
    """The DER in a PEM file."""
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


@pytest.mark.posix
def test_only_the_owner_can_read_what_is_private(ana: Cli) -> None:
    (key,) = keys_in(ana.home)
    assert stat.S_IMODE(ana.home.stat().st_mode) == 0o700
    for path in (key, ana.folder / "recovery.pem", ana.home / "consentsig.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_init_in_a_home_with_a_key_changes_nothing(ana: Cli) -> None:
    line = ana.refuses("init", "--name", "Eve", "--no-recovery", "--no-passphrase")
    assert str(ana.home) in line
    assert "Ana Liu" in line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--no-passphrase"], "where should the recovery key go"),
        (["--no-recovery"], "a passphrase is needed"),
        (["--no-passphrase", "--recovery-out", "home/keys/r.pem"], "inside"),
        (["--no-passphrase", "--recovery-out", "nowhere/r.pem"], "no such folder"),
        (["--no-passphrase", "--recovery-out", "taken"], "already exists"),
        (["--no-passphrase", "--recovery-out", "r.pem", "--no-recovery"], "exclude each other"),
        (["--no-recovery", "--no-passphrase", "--passphrase-file", "taken"], "exclude each other"),
        (["--no-recovery", "--passphrase-file", "missing"], "missing: no such file"),
        (["--no-recovery", "--passphrase-file", "/dev/null"], "first line is empty"),
        (["--no-recovery", "--no-passphrase", "--list-uri", "http://a.example/"], "list's address"),
    ],
)
def test_init_refuses_and_leaves_nothing(cli: Cli, arguments: list[str], reason: str) -> None:
    (cli.folder / "taken").write_text("words\n")
    assert reason in cli.refuses("init", "--name", "Ana", *arguments)


def test_a_name_with_a_hidden_character_is_refused(cli: Cli) -> None:
    line = cli.refuses("init", "--name", "Ana\u202eLiu", "--no-recovery", "--no-passphrase")
    assert "U+202E" in line


def test_a_name_in_decomposed_form_is_composed(cli: Cli) -> None:
    cli("init", "--name", "Jose\u0301", "--no-recovery", "--no-passphrase")
    assert cli("key", "show", "--json").json[0]["name"] == "Jos\u00e9"


def test_a_home_that_cannot_be_made_leaves_no_recovery_key(cli: Cli) -> None:
    cli.home.write_text("a file where the folder should be")
    line = cli.refuses("init", "--name", "Ana", "--recovery-out", "recovery.pem", "--no-passphrase")
    assert str(cli.home) in line


def test_the_public_key_is_exported_as_pem(ana: Cli) -> None:
    ana("key", "export", "--public", "--out", "ana.pem")
    public = PublicKey.from_pem((ana.folder / "ana.pem").read_bytes())
    assert public.to_did_key() == ana("key", "show", "--json").json[0]["did"]


@pytest.mark.posix
def test_the_private_key_is_exported_as_it_is_and_nothing_is_overwritten(ana: Cli) -> None:
    ana("key", "export", "--out", "copy.pem")
    assert (ana.folder / "copy.pem").read_bytes() == keys_in(ana.home)[0].read_bytes()
    assert stat.S_IMODE((ana.folder / "copy.pem").stat().st_mode) == 0o600
    assert "copy.pem: already exists" in ana.refuses("key", "export", "--out", "copy.pem")
    assert "no such folder" in ana.refuses("key", "export", "--out", "nowhere/copy.pem")


def test_an_imported_key_signs_and_stays_locked(ana: Cli, passphrase: Path) -> None:
    key = PrivateKey.generate()
    (ana.folder / "other.pem").write_bytes(key.to_pem(b"two red boats"))
    ana("key", "import", "other.pem", "--name", "A. Liu", "--passphrase-file", passphrase)
    shown = ana("key", "show", "--json").json
    assert [(each["name"], each["signs"]) for each in shown] == [
        ("A. Liu", True),
        ("Ana Liu", False),
    ]
    kept = PrivateKey.from_pem(Path(shown[0]["file"]).read_bytes(), b"two red boats")
    assert kept.public == key.public


def test_a_clear_key_is_locked_when_it_is_imported(cli: Cli, passphrase: Path) -> None:
    clear = ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, CLEAR)
    (cli.folder / "clear.pem").write_bytes(clear)
    assert "passphrase is needed" in cli.refuses("key", "import", "clear.pem")
    cli("key", "import", "clear.pem", "--passphrase-file", passphrase)
    (key,) = keys_in(cli.home)
    assert b"ENCRYPTED" in key.read_bytes()


def test_a_weakly_locked_key_is_locked_anew(cli: Cli, passphrase: Path) -> None:
    weak = serialization.BestAvailableEncryption(b"two red boats")
    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, PKCS8, weak)
    (cli.folder / "weak.pem").write_bytes(pem)
    cli("key", "import", "weak.pem", "--passphrase-file", passphrase)
    assert ROUNDS in body(keys_in(cli.home)[0].read_text())


def test_keys_of_other_kinds_are_refused_with_the_reason(cli: Cli, passphrase: Path) -> None:
    ssh = ed25519.Ed25519PrivateKey.generate().private_bytes(
        PEM, serialization.PrivateFormat.OpenSSH, CLEAR
    )
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, CLEAR)
    (cli.folder / "ssh").write_bytes(ssh)
    (cli.folder / "ec.pem").write_bytes(curve)
    (cli.folder / "damaged.pem").write_bytes(PrivateKey.generate().to_pem(None)[:-40])
    (cli.folder / "locked.pem").write_bytes(PrivateKey.generate().to_pem(b"other words"))
    for file, reason in [
        ("ssh", "SSH agent"),
        ("ec.pem", "expected Ed25519"),
        ("words", "not a PKCS#8 private key"),
        ("damaged.pem", "damaged"),
        ("locked.pem", "passphrase is wrong"),
        ("missing", "no such file"),
    ]:
        line = cli.refuses("key", "import", file, "--passphrase-file", passphrase)
        assert line.startswith(f"consentsig: error: {file}: ")
        assert reason in line


def test_a_key_is_not_imported_twice(ana: Cli) -> None:
    ana("key", "export", "--out", "copy.pem")
    assert "already in" in ana.refuses("key", "import", "copy.pem", "--no-passphrase")


def test_a_key_is_chosen_by_name_or_first_digits(ana: Cli) -> None:
    key = PrivateKey.generate()
    (ana.folder / "other.pem").write_bytes(key.to_pem(None))
    ana("key", "import", "other.pem", "--no-passphrase")
    ana("key", "use", "Ana Liu")
    assert ana("key", "show", "--json").json[0]["name"] == "Ana Liu"
    ana("key", "use", key.public.thumbprint.hex()[:8])
    assert ana("key", "show", "--json").json[0]["did"] == key.public.to_did_key()
    assert "no key is called 'Eve'" in ana.refuses("key", "use", "Eve")


def test_the_list_address_can_be_changed_and_is_checked(ana: Cli) -> None:
    result = ana("key", "set-list-uri", "urn:example:ana")
    assert LIST_URI in result.out  # which must go on being published
    assert ana("key", "show", "--json").json[0]["list_uri"] == "urn:example:ana"
    assert "cannot be a list's address" in ana.refuses("key", "set-list-uri", "ana.example/list")
    for meant in ("ana.example/list", "http://ana.example/list", "HTTPS://Ana.example/list"):
        told = ana("key", "set-list-uri", meant, status=2).err
        assert "hint: did you mean https://ana.example/list\n" in told
    told = ana("key", "set-list-uri", "ana.example", status=2).err
    assert "hint: did you mean https://ana.example/consent-list\n" in told
    assert "did you mean" not in ana("key", "set-list-uri", "my list", status=2).err


def test_without_a_key_the_command_that_makes_one_is_named(cli: Cli) -> None:
    for arguments in (["key", "show"], ["key", "export", "--out", "x"], ["key", "use", "x"]):
        cli.refuses(*arguments)
    assert "hint: consentsig init" in cli("key", "show", status=2).err
    assert contents(cli.folder) == {}


def test_no_secret_is_ever_printed(ana: Cli) -> None:
    secret = re.sub(r"-----.*-----|\s", "", keys_in(ana.home)[0].read_text())
    for arguments in (["key", "show"], ["key", "show", "--json"], ["key", "export", "--out", "x"]):
        result = ana(*arguments)
        assert secret not in result.out + result.err


@pytest.mark.parametrize("data", [None, b"", PrivateKey(bytes(32)).to_pem(None)])
def test_a_key_whose_file_is_lost_is_not_chosen(ana: Cli, data: bytes | None) -> None:
    ana("init", "--another", "--name", "Second", "--no-recovery", "--no-passphrase")
    second, first = ana("key", "show", "--json").json
    Path(first["file"]).unlink()
    if data is not None:
        Path(first["file"]).write_bytes(data)
    line = ana.refuses("key", "use", "Ana Liu")
    assert "it cannot sign" in line
    assert "--recovery-key" in ana("key", "use", "Ana Liu", status=2).err
    assert ana("key", "show", "--json").json[0] == second


def test_keys_are_shown_under_the_name_of_the_other_commands_too(ana: Cli) -> None:
    assert ana("key", "list").out == ana("key", "show").out
    assert ana("key", "list", "--json").json == ana("key", "show", "--json").json
    assert not re.search(r"^  list", ana("key", "--help").out, re.MULTILINE)


def test_two_keys_do_not_share_a_list(ana: Cli) -> None:
    ana("init", "--another", "--name", "Ben", "--no-recovery", "--no-passphrase")
    refused = ana.refuses("key", "set-list-uri", LIST_URI)
    assert f'{LIST_URI} is the list of another key, "Ana Liu"' in refused
    another = ("init", "--another", "--name", "Cy", "--no-recovery", "--no-passphrase")
    assert "only one key signs a list" in ana.refuses(*another, "--list-uri", LIST_URI)
    assert len(list((ana.home / "keys").iterdir())) == 2


def test_hints_name_the_home_that_was_named(ana: Cli) -> None:
    there = ana.folder / "a home"
    for words in (("--home", str(there), "key", "show"), ("key", "show", "--home", str(there))):
        assert f"hint: consentsig --home '{there}' init" in ana(*words, status=2).err
    ana.home.rename(there)
    assert "hint: consentsig init" in ana("key", "show", status=2).err


def test_a_new_passphrase_opens_the_same_key_and_the_old_one_no_more(
    cli: Cli, passphrase: Path
) -> None:
    (cli.folder / "new").write_text("three green boats\n")
    cli("init", "--name", "Ana", "--no-recovery", "--passphrase-file", passphrase)
    (path,) = keys_in(cli.home)
    before = PrivateKey.from_pem(path.read_bytes(), b"two red boats").public
    change = ("key", "passphrase", "--new-passphrase-file", "new", "--passphrase-file")
    assert "passphrase is wrong" in cli.refuses(*change, "new")
    result = cli(*change, passphrase)
    assert f"Locked with the new passphrase: {path}" in result.out
    assert "backups made before keep the passphrase that they had" in result.err
    assert "boats" not in result.out + result.err
    assert PrivateKey.from_pem(path.read_bytes(), b"three green boats").public == before
    with pytest.raises(KeyFileError):
        PrivateKey.from_pem(path.read_bytes(), b"two red boats")
    assert keys_in(cli.home) == [path]
    assert ROUNDS in body(path.read_text())
    assert "Not locked any more" in cli(
        "key", "passphrase", "Ana", "--no-passphrase", "--passphrase-file", "new"
    ).out  # fmt: skip
    assert PrivateKey.from_pem(path.read_bytes(), None).public == before


@pytest.mark.posix
def test_a_key_with_a_new_passphrase_is_still_its_owners_alone(ana: Cli, passphrase: Path) -> None:
    ana("key", "passphrase", "--new-passphrase-file", passphrase)
    (path,) = keys_in(ana.home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_passphrase_is_not_changed_without_a_new_one(ana: Cli, passphrase: Path) -> None:
    assert "a passphrase is needed" in ana.refuses("key", "passphrase")
    words = ("key", "passphrase", "--no-passphrase", "--new-passphrase-file", passphrase)
    assert "exclude each other" in ana.refuses(*words)
    assert "no key is called" in ana.refuses("key", "passphrase", "Eve", "--no-passphrase")


def test_a_new_name_is_in_the_contracts_from_now_on(ana: Cli) -> None:
    terms = (*TERMS, *FREE, "--irrevocable", "--yes", "--out")
    ana("grant", "poem.txt", *terms, "a.consent")
    told = ana("key", "rename", "Ana Liu-Wu").out
    assert 'from now on name "Ana Liu-Wu".' in told
    assert 'before name "Ana Liu", for ever' in told
    ana("grant", "poem.txt", *terms, "b.consent")
    names = [
        parse_contract((ana.folder / f"{name}.consent").read_bytes()).terms.creator.name
        for name in "ab"
    ]
    assert names == ["Ana Liu", "Ana Liu-Wu"]
    assert "U+202E" in ana.refuses("key", "rename", "Ana\u202eLiu")


def test_key_new_says_how_a_further_key_is_made(ana: Cli) -> None:
    ana.refuses("key", "new", "--name", "Ana")
    assert "hint: consentsig init --another" in ana("key", "new", status=2).err
