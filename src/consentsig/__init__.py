"""One small signed contract for one work, that any software can check offline.

    bytes ─parse_contract─▶ UnverifiedContract    to look at
    bytes ─verify_contract─▶ VerifiedContract     holds for the question asked

The format is in ``spec/consentsig.md``; the names below are the API. Each is loaded when it is
first used, so that a program pays for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentsig.asked import NOT_ASKED, NotAsked
    from consentsig.batch import Batch, open_batch, sign_batch
    from consentsig.batch_answers import judge_batch, permitted_in
    from consentsig.contract import UnverifiedContract, parse_contract
    from consentsig.digest import Digest
    from consentsig.errors import (
        BadSignatureError,
        ConsentsigError,
        DisputedError,
        ExpiredError,
        IncompleteError,
        KeyFileError,
        KeyRevokedError,
        MalformedError,
        NoReceiptError,
        NotAcceptedError,
        NoTimestampError,
        NotYetValidError,
        RefusedError,
        ResultCode,
        RevokedError,
        StatusDisputedError,
        StatusUnknownError,
        SuspendedError,
        UnknownCreatorError,
        UnsupportedError,
        UseNotGrantedError,
        VerificationError,
        WrongGranteeError,
        WrongTerritoryError,
        WrongWorkError,
    )
    from consentsig.keys import KeySet, PrivateKey, PublicKey, Signer
    from consentsig.oneline import from_line, to_line
    from consentsig.sign import check_terms, sign_contract
    from consentsig.status_book import StatusBook
    from consentsig.status_list import (
        ListTerms,
        StatusList,
        UnverifiedStatusList,
        pack_statuses,
        parse_status_list,
        sign_status_list,
        verify_status_list,
    )
    from consentsig.terms import (
        Creator,
        Erasure,
        Grantee,
        Payment,
        Revocation,
        StatusReference,
        Terms,
        Work,
    )
    from consentsig.text import render
    from consentsig.verify import (
        Question,
        SignedContract,
        Verdict,
        VerifiedContract,
        judge_contract,
        verify_contract,
        verify_signature,
    )
    from consentsig.vocabulary import Division, Erase, PaymentKind, Revocability, Use

__version__ = "0.9.0"

__all__ = [
    "NOT_ASKED",
    "BadSignatureError",
    "Batch",
    "ConsentsigError",
    "Creator",
    "Digest",
    "DisputedError",
    "Division",
    "Erase",
    "Erasure",
    "ExpiredError",
    "Grantee",
    "IncompleteError",
    "KeyFileError",
    "KeyRevokedError",
    "KeySet",
    "ListTerms",
    "MalformedError",
    "NoReceiptError",
    "NoTimestampError",
    "NotAcceptedError",
    "NotAsked",
    "NotYetValidError",
    "Payment",
    "PaymentKind",
    "PrivateKey",
    "PublicKey",
    "Question",
    "RefusedError",
    "ResultCode",
    "Revocability",
    "Revocation",
    "RevokedError",
    "SignedContract",
    "Signer",
    "StatusBook",
    "StatusDisputedError",
    "StatusList",
    "StatusReference",
    "StatusUnknownError",
    "SuspendedError",
    "Terms",
    "UnknownCreatorError",
    "UnsupportedError",
    "UnverifiedContract",
    "UnverifiedStatusList",
    "Use",
    "UseNotGrantedError",
    "Verdict",
    "VerificationError",
    "VerifiedContract",
    "Work",
    "WrongGranteeError",
    "WrongTerritoryError",
    "WrongWorkError",
    "check_terms",
    "from_line",
    "judge_batch",
    "judge_contract",
    "open_batch",
    "pack_statuses",
    "parse_contract",
    "parse_status_list",
    "permitted_in",
    "render",
    "sign_batch",
    "sign_contract",
    "sign_status_list",
    "to_line",
    "verify_contract",
    "verify_signature",
    "verify_status_list",
]

# Where the names are, each module after those it needs: looking for a name loads nothing more.
_MODULES = (
    *("errors", "vocabulary", "terms", "digest", "asked", "text", "keys"),
    *(
        "contract",
        "oneline",
        "status_list",
        "status_book",
        "sign",
        "verify",
        "batch",
        "batch_answers",
    ),
)


if not TYPE_CHECKING:  # type checkers know the names from above, and that there are no others

    def __getattr__(name: str) -> object:
        if name in __all__:
            for module in _MODULES:
                found = vars(import_module(f"{__name__}.{module}")).get(name)
                if found is not None:
                    return globals().setdefault(name, found)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
