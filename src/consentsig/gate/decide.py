"""The decision as SQL, in the order of the steps of spec §5. It runs on any engine.

Three tables say what is asked: ``request``, one row; ``speakers_at``, for each speaker of the
ledger what the keys and lists say; ``said_at``, each position of a list of which something else
than yes is said. ``named_works`` and ``purposes_read`` are short lists of the caller's.

A rank says how far a contract came: 0 is a yes, and of two misses the lower rank is nearer. With
the number of the contract in the ledger, which follows its id, it makes one integer, so that the
least of many is the answer, ties settled by contract id. Every step is written so that NULL fails.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Outcome(NamedTuple):
    """What a rank means.

    Attributes:
        result: A code of spec §6, or one of the gate's own three.
        step: The step of spec §5 that failed.
        reason: One sentence for people.
    """

    result: str
    step: int | None
    reason: str


NO_CONTRACT: Final = 13
NO_HASH: Final = 14
OUTCOMES: Final = (
    Outcome("valid", None, "a contract permits it"),
    Outcome("purpose-not-read", None, "the contract names a purpose that nobody here has read"),
    Outcome("status-unknown", 13, "no current status list says that the contract holds"),
    Outcome("suspended", 13, "the status list says that the contract does not hold for now"),
    Outcome("status-disputed", 13, "lists say no, and those shown to have existed then say yes"),
    Outcome("revoked", 13, "a status list says that the contract was revoked"),
    Outcome("expired", 12, "the contract has ended"),
    Outcome("not-yet-valid", 11, "the contract begins later"),
    Outcome("wrong-territory", 10, "the contract does not cover this place"),
    Outcome("use-not-granted", 9, "the contract does not name this use"),
    Outcome("wrong-grantee", 8, "the contract names someone else"),
    Outcome("wrong-work", 7, "the contract states another size for these bytes"),
    Outcome("unknown-creator", 4, "the key that signed the contract is not believed"),
    Outcome("no-contract", None, "no contract is for this work"),
    Outcome("no-hash", None, "the row has no SHA-256"),
)
RANKS: Final = {outcome.result: rank for rank, outcome in enumerate(OUTCOMES)}

# Each contract: how far it comes, but for the size of the work, which is a row's matter.
JUDGED: Final = """
SELECT c.work, c.work_size, c.n,
  CASE
    WHEN (s.believed AND (NOT s.works_named OR w.work IS NOT NULL)) IS NOT TRUE THEN 12
    WHEN (c.grantee_uri = q.grantee_uri) IS NOT TRUE
     AND (c.grantee_key = q.grantee_key) IS NOT TRUE THEN 10
    WHEN (MOD(c.uses, 2 * q.use_bit) >= q.use_bit) IS NOT TRUE THEN 9
    WHEN (c.territory = '001' OR INSTR(c.territory, q.territory) > 0) IS NOT TRUE THEN 8
    WHEN (q.at_time >= c.starts) IS NOT TRUE THEN 7
    WHEN (q.at_time < c.expires) IS NOT TRUE THEN 6
    WHEN c.idx IS NOT NULL AND p.idx IS NOT NULL THEN p.code
    WHEN c.idx IS NOT NULL AND (s.decided AND c.idx < s.positions) IS NOT TRUE THEN 2
    WHEN (NOT c.has_purpose OR r.n IS NOT NULL) IS NOT TRUE THEN 1
    ELSE 0
  END AS rk
FROM contracts c
CROSS JOIN request q
JOIN speakers_at s ON c.speaker = s.speaker
LEFT JOIN said_at p ON c.speaker = p.speaker AND c.idx = p.idx
LEFT JOIN named_works w ON c.speaker = w.speaker AND c.work = w.work
LEFT JOIN purposes_read r ON c.n = r.n
"""

# The best contracts of a work, for each size that contracts of it state: where a row is of that
# size, or its size is not known, and where it is of another (step 7, after step 4).
BEST: Final = f"""
SELECT work, work_size,
  MIN(rk * 1099511627776 + n) AS hit,
  MIN(CASE WHEN rk = 12 THEN 12 ELSE 11 END * 1099511627776 + n) AS miss
FROM ({JUDGED}) judged GROUP BY work, work_size
"""  # noqa: S608  # one constant in another

DECIDED: Final = """
SELECT m.row_number,
  MIN(CASE
    WHEN m.work IS NULL THEN 14 * 1099511627776
    WHEN b.work IS NULL THEN 13 * 1099511627776
    WHEN m.work_size IS NULL OR b.work_size IS NULL OR m.work_size = b.work_size THEN b.hit
    ELSE b.miss END) AS k
FROM dataset m LEFT JOIN best b ON m.work = b.work GROUP BY m.row_number
"""

# What is told of a contract, in a table of the engine's own: it is looked into again and again.
DETAILS: Final = "SELECT n, contract_id, speaker, idx, expires, owed FROM contracts ORDER BY n"

# What there is to say of each row, with the contract that decides.
ANSWERS: Final = f"""
SELECT d.row_number, d.rk, c.contract_id, s.creator,
  CASE WHEN c.idx IS NULL THEN NULL WHEN d.rk <= 1 THEN s.as_of WHEN d.rk = 4 THEN p.as_of END
    AS as_of,
  CASE WHEN d.rk <= 1 THEN c.expires END AS expires,
  CASE WHEN d.rk <= 1 THEN c.owed END AS owed
FROM (SELECT row_number, MOD(k, 1099511627776) AS n,
        CAST((k - MOD(k, 1099511627776)) / 1099511627776 AS INTEGER) AS rk
      FROM ({DECIDED}) decided) d
LEFT JOIN details c ON d.rk < 13 AND c.n = d.n
LEFT JOIN speakers_at s ON c.speaker = s.speaker
LEFT JOIN said_at p ON c.speaker = p.speaker AND c.idx = p.idx
ORDER BY d.row_number
"""  # noqa: S608  # as above
