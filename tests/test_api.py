import inspect
import subprocess
import sys

import pytest

import consentsig
from processes import unmeasured

HEAVY = ("cryptography", "sqlite3", "typer", "rich", "click", "cbor2", "platformdirs", "zoneinfo")


def ruff_order(name: str) -> tuple[int, str]:
    """Sort as ruff's RUF022: constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_all_is_sorted_and_every_name_in_it_is_there() -> None:
    assert consentsig.__all__ == sorted(consentsig.__all__, key=ruff_order)
    assert len(consentsig.__all__) == len(set(consentsig.__all__))
    assert set(consentsig.__all__) <= set(dir(consentsig))
    names: dict[str, object] = {}
    exec("from consentsig import *", names)  # noqa: S102  # as somebody at a prompt may
    assert set(consentsig.__all__) <= names.keys()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'consentsig' has no attribute 'permit_all'"):
        consentsig.permit_all  # type: ignore[attr-defined]  # noqa: B018  # that is the test


def test_a_name_is_loaded_when_it_is_used() -> None:
    assert not any(name.startswith("consentsig.") for name in modules_after("import consentsig"))
    loaded = modules_after("import consentsig; consentsig.Use")
    assert "consentsig.vocabulary" in loaded
    assert "consentsig.keys" not in loaded


@pytest.mark.parametrize("name", consentsig.__all__)
def test_a_public_class_or_function_is_documented(name: str) -> None:
    value = getattr(consentsig, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__module__.startswith("consentsig.")
        assert inspect.getdoc(value)


def loaded_by(statement: str) -> set[str]:
    """Run *statement* in a new interpreter; return the top-level modules it then has."""
    return {name.partition(".")[0] for name in modules_after(statement)}


def modules_after(statement: str) -> set[str]:
    """Run *statement* in a new interpreter; return the modules it then has."""
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env=unmeasured(),
        text=True,
        timeout=60,
    )
    return set(done.stdout.split())


def test_importing_the_library_loads_nothing_heavy() -> None:
    assert not loaded_by("import consentsig.verify, consentsig.sign") & set(HEAVY)


def test_verifying_loads_nothing_heavy() -> None:
    statement = (
        "import consentsig, datetime; "
        "consentsig.judge_contract(b'', keys=consentsig.KeySet(), work=consentsig.NOT_ASKED, "
        "grantee=consentsig.NOT_ASKED, use=consentsig.NOT_ASKED, territory=None, "
        "at=datetime.datetime.now(datetime.UTC), status=())"
    )
    assert not loaded_by(statement) & set(HEAVY)


def test_a_contract_that_was_not_verified_cannot_be_asked() -> None:
    parsed = consentsig.UnverifiedContract
    verified = consentsig.VerifiedContract
    assert "conditions" in vars(verified)
    for name in ("conditions", "result", "as_of"):
        assert not hasattr(parsed, name)


def test_verification_has_no_silent_defaults() -> None:
    parameters = inspect.signature(consentsig.verify_contract).parameters
    defaults = [name for name, one in parameters.items() if one.default is not one.empty]
    assert defaults == ["max_status_age"]
    assert all(one.kind is one.KEYWORD_ONLY for name, one in parameters.items() if name != "data")
