"""Instants in the past: lists that cannot be shown to have existed then (spec §7.4 rule 4)."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import partial

from build import ANA, DAY, LIST_KEY, NOW, RECOVERY, File, Key, Vector, revocable, valid
from build import sign as signed
from cbor_writer import encode
from status_rules import LISTED, REVOKED, list_claims, plain, sign_list
from status_rules import revoked as refused

HELD = NOW - 2 * DAY  # iat of the list that was kept, and by which the contract held
KEPT = NOW - DAY  # when it was first seen
LATER = NOW + 10 * DAY  # long after the instant asked about
SPEC = "§7.4 step 4"

disputed = partial(Vector, spec=SPEC, flags="past", expect="status-disputed", step=13, as_of=HELD)
revoked = partial(refused, spec=SPEC, flags="past")


def listed(
    values: Mapping[int, int] | None = None,
    *,
    iat: int = HELD,
    key: Key = ANA,
    previous: bytes | None = None,
    bits: int = 1,
    positions: int = 32,
) -> bytes:
    """Return a signed list that says *values* and names the list before it."""
    own = None if previous is None else {1: previous}
    claims = list_claims(values, iat=iat, key=key, own=own, bits=bits, positions=positions)
    return sign_list(claims, key)


def object_id(
    values: Mapping[int, int] | None = None,
    *,
    iat: int = HELD,
    key: Key = ANA,
    previous: bytes | None = None,
) -> bytes:
    """Return the object id of such a list."""
    own = None if previous is None else {1: previous}
    payload = encode(list_claims(values, iat=iat, key=key, own=own))
    return hashlib.sha256(payload).digest()


def recoverable() -> File:
    """Return a contract that names a recovery key."""
    return signed(revocable(creator={3: RECOVERY.thumbprint}))


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from dated_back()
    yield from shown()
    yield from signers()
    yield from other_refusals()
    yield from no_dispute()
    yield from chains()


def dated_back() -> Iterator[Vector]:
    """A revocation that nobody saw before T, against a list that was kept."""
    pair = (listed(), listed(REVOKED, iat=LISTED))
    text = "A list that was kept says valid. One that nobody saw then says revoked."
    name = "status/past_revoked_afterwards"
    yield disputed(
        name, text, contract=plain(), lists=pair, seen=(KEPT, None), against="revoked", since=LISTED
    )
    text = "The revoking list was first seen ten days after T."
    name = "status/past_revoked_seen_later"
    seen = (KEPT, LATER)
    yield disputed(
        name, text, contract=plain(), lists=pair, seen=seen, against="revoked", since=LISTED
    )
    text = "Nothing is known of when the lists existed."
    yield revoked("status/past_no_sights", text, contract=plain(), lists=pair)
    text = "Neither list can be shown to have existed at T."
    yield revoked("status/past_none_shown", text, contract=plain(), lists=pair, seen=(None, None))
    text = "Only the revoking list can be shown to have existed at T."
    name = "status/past_revoked_alone_shown"
    yield revoked(name, text, contract=plain(), lists=pair, seen=(None, KEPT))
    text = "Both lists can be shown to have existed at T."
    name = "status/past_both_shown"
    yield revoked(name, text, contract=plain(), lists=pair, seen=(KEPT, LISTED))
    pair = (listed(), listed(REVOKED, iat=NOW + 300))
    text = "The revoking list is dated 300 s after T and was not seen then."
    name = "status/past_revoked_300_s_after_t"
    seen_late = (KEPT, None)
    yield disputed(
        *(name, text), contract=plain(), lists=pair, seen=seen_late, against="revoked",
        since=NOW + 300,
    )  # fmt: skip
    old, new = listed(REVOKED, iat=NOW - 5 * DAY), listed(REVOKED, iat=LISTED)
    text = "Of two revoking lists the newer was seen; the time of revocation is that of the older."
    yield revoked(
        *("status/past_since_of_unseen_list", text),
        contract=plain(), lists=(listed(), old, new), seen=(KEPT, None, LISTED),
        since=NOW - 5 * DAY,
    )  # fmt: skip


def shown() -> Iterator[Vector]:
    """A list is shown at T if it was seen at T + 300 s or before."""
    pair = (listed(), listed(REVOKED, iat=LISTED))
    ask = partial(disputed, contract=plain(), lists=pair, against="revoked", since=LISTED)
    text = "The revoking list was first seen 301 s after T."
    yield ask("status/past_revoked_seen_after_301_s", text, seen=(KEPT, NOW + 301))
    text = "The list that says valid was first seen 300 s after T."
    yield ask("status/past_kept_after_300_s", text, seen=(NOW + 300, None))
    ask = partial(revoked, contract=plain(), lists=pair)
    text = "The revoking list was first seen 300 s after T."
    yield ask("status/past_revoked_seen_after_300_s", text, seen=(KEPT, NOW + 300))
    text = "The list that says valid was first seen 301 s after T."
    yield ask("status/past_kept_after_301_s", text, seen=(NOW + 301, None))


def signers() -> Iterator[Vector]:
    """Whoever signed the list that nobody saw then."""
    text = "The recovery key's list revokes, and nobody saw it at T."
    pair = (listed(), listed(REVOKED, iat=LISTED, key=RECOVERY))
    ask = partial(disputed, against="revoked", since=LISTED, seen=(KEPT, None))
    yield ask("status/past_recovery_key", text, contract=recoverable(), lists=pair)
    text = "The creator's list revokes where another key's list decides, and nobody saw it at T."
    by_list_key = signed(revocable(terms={15: LIST_KEY.thumbprint}))
    pair = (listed(key=LIST_KEY), listed(REVOKED, iat=LISTED))
    yield ask("status/past_creator_beside_list_key", text, contract=by_list_key, lists=pair)
    text = "The contract is revocable for breach; the revoking list was not seen at T."
    breach = signed(revocable(terms={6: [2, 30]}))
    pair = (listed(), listed(REVOKED, iat=LISTED))
    yield ask("status/past_for_breach", text, contract=breach, lists=pair)
    text = "The recovery key's list was seen at T and revokes; the list key's was seen too."
    pair = (listed(), listed(REVOKED, iat=LISTED, key=RECOVERY))
    yield revoked(
        *("status/past_recovery_key_shown", text), contract=recoverable(), lists=pair,
        seen=(KEPT, LISTED),
    )  # fmt: skip


def other_refusals() -> Iterator[Vector]:
    """Every no of lists that nobody saw then is disputed."""
    ask = partial(disputed, contract=plain(), seen=(KEPT, None))
    text = "A newer list says suspended, and nobody saw it at T."
    pair = (listed(bits=2), listed({9: 2}, iat=LISTED, bits=2))
    yield ask("status/past_suspended_afterwards", text, lists=pair, against="suspended")
    ask = partial(ask, against="status-unknown")
    text = "A second list has the date of the one that was kept, and nobody saw it at T."
    pair = (listed(), listed({1: 1}))
    yield ask("status/past_rival_afterwards", text, lists=pair)
    text = "A newer list is too short for the position, and nobody saw it at T."
    pair = (listed(), listed(iat=LISTED, positions=8))
    yield ask("status/past_too_short_afterwards", text, lists=pair)
    text = "A newer list has an unknown value, and nobody saw it at T."
    pair = (listed(bits=2), listed({9: 3}, iat=LISTED, bits=2))
    yield ask("status/past_unknown_value_afterwards", text, lists=pair)
    text = "A newer list ended before T, and nobody saw it at T."
    short = list_claims(iat=LISTED, top={4: LISTED + 60})
    yield ask("status/past_ended_afterwards", text, lists=(listed(), sign_list(short)))


def no_dispute() -> Iterator[Vector]:
    """The lists that were seen do not say yes by themselves, or no list says no."""
    revoking = listed(REVOKED, iat=LISTED)
    text = "The list that was kept ended before T."
    ended = sign_list(list_claims(iat=HELD, top={4: NOW}))
    ask = partial(revoked, contract=plain(), seen=(KEPT, None))
    yield ask("status/past_kept_list_ended", text, lists=(ended, revoking))
    text = "The list that was kept is older than the caller accepts."
    age = NOW - HELD - 1
    pair = (listed(), revoking)
    yield ask("status/past_kept_list_too_old", text, lists=pair, max_status_age=age)
    text = "The list that was kept is for another address."
    other = sign_list(list_claims(iat=HELD, top={2: "https://ana.example/consent/list2"}))
    yield ask("status/past_kept_list_elsewhere", text, lists=(other, revoking))
    text = "The list that was kept is by the recovery key, which cannot say valid."
    kept = listed(key=RECOVERY)
    yield revoked(
        *("status/past_kept_list_by_recovery_key", text), contract=recoverable(),
        lists=(kept, revoking), seen=(KEPT, None),
    )  # fmt: skip
    text = "Two lists of one date were kept."
    yield revoked(
        *("status/past_kept_lists_rival", text), contract=plain(),
        lists=(listed(), listed({1: 1}), revoking), seen=(KEPT, KEPT, None),
    )  # fmt: skip
    ask = partial(valid, spec=SPEC, flags="past accepted", contract=plain())
    text = "A list that nobody saw at T says valid, and none says no."
    yield ask("status/past_valid_unseen", text, lists=(listed(),), seen=(None,), as_of=HELD)
    text = "The newest list says valid. That nobody saw it at T does not matter."
    pair = (listed(), listed(iat=LISTED))
    yield ask("status/past_newest_unseen", text, lists=pair, seen=(KEPT, None), as_of=LISTED)
    text = "The list that was kept says revoked; a newer one that nobody saw says valid."
    pair = (listed(REVOKED), listed(iat=LISTED))
    yield revoked(
        "status/past_kept_list_revokes", text, contract=plain(), lists=pair, seen=(KEPT, None),
        since=HELD,
    )  # fmt: skip


def chains() -> Iterator[Vector]:
    """A list existed when a list by the same key that names it existed."""
    first = listed(REVOKED, iat=LISTED - 60)
    first_id = object_id(REVOKED, iat=LISTED - 60)
    ask = partial(refused, spec=SPEC, flags="past", contract=plain(), since=LISTED - 60)
    text = "Nobody saw the revoking list at T, but a list that was seen names it."
    lists = (listed(), first, listed(iat=LISTED, previous=first_id))
    yield ask("status/past_named_by_a_seen_list", text, lists=lists, seen=(KEPT, None, LISTED))
    between = listed(iat=LISTED - 30, previous=first_id)
    last = listed(iat=LISTED, previous=object_id(iat=LISTED - 30, previous=first_id))
    text = "A list that was seen names one that names the revoking list."
    four, known = (last, between, first, listed()), (LISTED, None, None, KEPT)
    yield ask("status/past_named_through_another", text, lists=four, seen=known)
    text = "The same lists the other way round."
    name = "status/past_named_through_another_reversed"
    yield ask(name, text, lists=four[::-1], seen=known[::-1])
    text = "The same lists, the one between the two coming last."
    mixed, sights = (first, last, listed(), between), (None, LISTED, KEPT, None)
    yield ask("status/past_named_through_the_last", text, lists=mixed, seen=sights)
    ask = partial(disputed, contract=plain(), against="revoked", since=LISTED - 60)
    text = "The list between the one that was seen and the revoking one is not at hand."
    lists, seen = (listed(), first, last), (KEPT, None, LISTED)
    yield ask("status/past_chain_broken", text, lists=lists, seen=seen, as_of=LISTED)
    text = "The list that names the revoking one was not seen at T either."
    lists = (listed(), first, listed(iat=LISTED, previous=first_id))
    yield ask("status/past_named_by_an_unseen_list", text, lists=lists, seen=(KEPT, None, LATER))
    text = "The list that names the revoking one is by another key."
    by_recovery = listed(iat=LISTED, key=RECOVERY, previous=first_id)
    lists = (listed(), first, by_recovery)
    yield ask(
        *("status/past_named_by_another_key", text), lists=lists, seen=(KEPT, None, LISTED),
        contract=recoverable(),
    )  # fmt: skip
    text = "The revoking list names the list that was kept, which shows nothing of itself."
    pair = (listed(), listed(REVOKED, iat=LISTED - 60, previous=object_id()))
    yield ask("status/past_names_the_kept_list", text, lists=pair, seen=(KEPT, None))
