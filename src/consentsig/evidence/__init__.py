"""Status lists as evidence: kept, fetched, asked and published (spec §7.5, §7.6).

ListStore       what keeps the lists once seen: MemoryStore, SqliteStore, or your own
Verifier        keys, store and fetch policy; answers questions about contracts
AsyncVerifier   the same under asyncio
verify_many     the same of any number of contracts, each about its own work
Publisher       signs the next list of an address
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from consentsig.evidence.fetch import (
        AsyncListFetcher,
        FetchError,
        Limits,
        ListFetcher,
        Validators,
    )
    from consentsig.evidence.many import verify_many
    from consentsig.evidence.publisher import Publisher, PublishError
    from consentsig.evidence.refresh import FetchPolicy
    from consentsig.evidence.sqlite_store import SqliteStore, StoreError
    from consentsig.evidence.store import LastFetch, ListStore, MemoryStore
    from consentsig.evidence.verifier import (
        Answer,
        AsyncVerifier,
        NotRememberedError,
        Verifier,
    )
    from consentsig.status_book import Page, Revocations, Shelf

__all__ = [
    "Answer",
    "AsyncListFetcher",
    "AsyncVerifier",
    "FetchError",
    "FetchPolicy",
    "LastFetch",
    "Limits",
    "ListFetcher",
    "ListStore",
    "MemoryStore",
    "NotRememberedError",
    "Page",
    "PublishError",
    "Publisher",
    "Revocations",
    "Shelf",
    "SqliteStore",
    "StoreError",
    "Validators",
    "Verifier",
    "verify_many",
]

_MODULES = (
    *(".fetch", ".store", ".sqlite_store", ".refresh", ".verifier", ".many", ".publisher"),
    "consentsig.status_book",
)

if not TYPE_CHECKING:  # each is loaded when it is first used, as in the package itself

    def __getattr__(name: str) -> object:
        if name in __all__:
            for module in _MODULES:
                found = vars(import_module(module, __name__)).get(name)
                if found is not None:
                    return globals().setdefault(name, found)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
