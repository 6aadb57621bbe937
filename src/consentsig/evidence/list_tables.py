"""The tables of a store of status lists, in a file of its own or in a home's database."""

from typing import Final

LISTS: Final = (
    """CREATE TABLE lists (
        object_id BLOB PRIMARY KEY, uri TEXT NOT NULL, signer BLOB NOT NULL,
        issued INTEGER NOT NULL, data BLOB NOT NULL) STRICT""",
    "CREATE INDEX lists_by_uri ON lists (uri, signer, issued)",
)
FETCHES: Final = (
    # The list last fetched from an address, to ask only whether there is a newer one.
    """CREATE TABLE fetched (
        uri TEXT PRIMARY KEY, object_id BLOB NOT NULL, etag TEXT, last_modified TEXT,
        checked INTEGER NOT NULL) STRICT""",
    # The latest instant at which a list of an address was relied on: what is dated between
    # the clock and it tells that the clock went back.
    "CREATE TABLE seen (uri TEXT PRIMARY KEY, latest INTEGER NOT NULL) STRICT",
)
REVOCATIONS: Final = (
    """CREATE TABLE speakers (
        id INTEGER PRIMARY KEY, uri TEXT NOT NULL, signer BLOB NOT NULL,
        UNIQUE (uri, signer)) STRICT""",
    """CREATE TABLE revocations (
        speaker INTEGER, idx INTEGER, since INTEGER NOT NULL,
        PRIMARY KEY (speaker, idx)) STRICT, WITHOUT ROWID""",
    # The lists whose revoked positions are in that table; of others they are read each time.
    "CREATE TABLE entered (object_id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
)
# When a list was first seen, and which list it says was before it. Of a revoked position: since
# when a list that counts was seen to say so.
SIGHTS: Final = (
    "ALTER TABLE lists ADD COLUMN seen INTEGER",
    "ALTER TABLE lists ADD COLUMN previous BLOB",
    "ALTER TABLE revocations ADD COLUMN shown INTEGER",
)
TABLES: Final = {"lists", "fetched", "seen", "speakers", "revocations", "entered"}
