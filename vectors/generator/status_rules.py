"""The rules of status: who may say what about a position, and when (spec §7.2 to §7.4)."""

from collections.abc import Iterator, Mapping
from functools import partial

import ed25519 as ed
from addresses import GOOD_LISTS
from build import (
    ACME,
    ANA,
    ANA_SEED,
    BEN,
    CONTRACT,
    DAY,
    LAST_TIME,
    LIST_KEY,
    LIST_URI,
    LONGEST_TERM,
    NOW,
    RECOVERY,
    STATUS,
    File,
    Key,
    Map,
    Vector,
    header,
    make,
    merged,
    revocable,
    sig_structure,
    sign,
    status_claim,
    valid,
)
from cbor_writer import Pairs, encode
from deflate import stored, zeros

LIST_TYP = "application/statuslist+cwt"
LISTED = NOW - 3600  # an hour before the question, iat of the everyday list
IDX = 9  # the position of the everyday contract

revoked = partial(Vector, expect="revoked", step=13, since=LISTED)
suspended = partial(Vector, expect="suspended", step=13)
unknown = partial(Vector, expect="status-unknown", step=13)
expired = partial(Vector, expect="expired", step=12)


def packed(values: Mapping[int, int], bits: int = 1, positions: int = 32) -> bytes:
    """Return the bytes of a list with *values* at their positions and 0 elsewhere."""
    number = sum(value << position * bits for position, value in values.items())
    return number.to_bytes(positions * bits // 8, "little")


def list_claims(
    values: Mapping[int, int] | None = None,
    *,
    iat: int = LISTED,
    bits: int = 1,
    positions: int = 32,
    key: Key = ANA,
    top: Map | None = None,
    inner: Map | None = None,
    own: Map | None = None,
) -> Map:
    """Return the claims of a list, 90 days long, with changes at any level."""
    lst = stored(packed(values or {}, bits, positions))
    status = merged({"bits": bits, "lst": lst}, inner)
    base: Map = {2: LIST_URI, 4: iat + 90 * DAY, 6: iat, 65533: status}
    return merged({**base, CONTRACT: merged({2: key.cose}, own)}, top)


def sign_list(payload: Map | bytes, key: Key = ANA, changes: Map | None = None) -> bytes:
    """Return the list as a file."""
    return sign(payload, header(changes, key=key, typ=LIST_TYP), key=key).data


def listed(
    values: Mapping[int, int] | None = None,
    *,
    iat: int = LISTED,
    bits: int = 1,
    positions: int = 32,
    key: Key = ANA,
    top: Map | None = None,
) -> bytes:
    """Return a signed list that says *values*."""
    payload = list_claims(values, iat=iat, bits=bits, positions=positions, key=key, top=top)
    return sign_list(payload, key)


REVOKED = {IDX: 1}


def counted(bits: int) -> str:
    """Return a number of bits with its unit."""
    return "1 bit" if bits == 1 else f"{bits} bits"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from presence()
    yield from packing()
    yield from values()
    yield from positions()
    yield from addresses()
    yield from signers()
    yield from list_keys()
    yield from sequence()
    yield from earliest()
    yield from same_instant()
    yield from instants()
    yield from ages()
    yield from before_status()


def plain() -> File:
    """Return the everyday revocable contract."""
    return sign(revocable())


def presence() -> Iterator[Vector]:
    """Whether a list is needed, and whether there is one."""
    flags = "status accepted"
    text = "The creator's list says valid."
    lists: tuple[bytes, ...] = (listed(),)
    yield valid("status/valid", text, "§7.4", flags, plain(), lists=lists, as_of=LISTED)
    text = "No list is at hand."
    yield unknown("status/no_list", text, "§7.4 step 2", "status", plain())
    text = "An irrevocable contract needs no list, and a revocation does not affect it."
    lists = (listed(REVOKED),)
    yield valid("status/irrevocable", text, "§5 step 13", flags, make(), lists=lists)
    breach = sign(revocable(terms={6: [2, 30]}))
    text = "The contract is revocable for breach and was revoked."
    yield revoked("status/revoked_for_breach", text, "§5 step 13", "status", breach, lists=lists)
    text = "The contract is revocable for breach, and no list is at hand."
    yield unknown("status/breach_no_list", text, "§5 step 13", "status", breach)


# Where a reader that packs from the most significant bit would look for position 9.
MIRRORED = {1: 14, 2: 10, 4: 8}


def packing() -> Iterator[Vector]:
    """1, 2, 4 and 8 bits, packed from the least significant bit."""
    spec, name = "§7.1", "status/bits_{}_{}"
    for bits in (1, 2, 4, 8):
        positions = 64 // bits
        idx = sign(revocable({STATUS: status_claim(5 if bits == 8 else IDX)}))
        here = 5 if bits == 8 else IDX
        there = 6 if bits == 8 else MIRRORED[bits]
        wide = max(positions, 16)
        lists = (listed({here: 1}, bits=bits, positions=wide),)
        text = f"{counted(bits)} per position: only this position is revoked."
        yield revoked(name.format(bits, "revoked"), text, spec, "packing", idx, lists=lists)
        lists = (listed({there: 1}, bits=bits, positions=wide),)
        text = f"{counted(bits)} per position: the one that a mirrored reading sees is revoked."
        flags = "packing accepted"
        label = name.format(bits, "valid")
        yield valid(label, text, spec, flags, idx, lists=lists, as_of=LISTED)


def values() -> Iterator[Vector]:
    """0 is valid, 1 is revoked, 2 is suspended; every other value says nothing."""
    spec = "§7.1"
    for bits in (2, 4, 8):
        lists = (listed({IDX: 2}, bits=bits),)
        text = f"The value is 2, in {bits} bits: suspended."
        name = f"status/suspended_{bits}_bits"
        yield suspended(name, text, spec, "status-value", plain(), lists=lists)
    for bits, value in ((2, 3), (4, 3), (4, 12), (4, 15), (8, 3), (8, 17), (8, 128), (8, 255)):
        lists = (listed({IDX: value}, bits=bits),)
        text = f"The value is {value}, in {bits} bits: no statement."
        name = f"status/value_{value}_{bits}_bits"
        yield unknown(name, text, spec, "status-value", plain(), lists=lists)


def positions() -> Iterator[Vector]:
    """The last position, and those beyond."""
    spec, flags = "§7.1", "position boundary"
    for bits in (1, 8):
        lists: tuple[bytes, ...] = (listed({}, bits=bits, positions=16),)
        last = sign(revocable({STATUS: status_claim(15)}))
        text = f"The last of 16 positions, {counted(bits)} each."
        name, ok = f"status/last_position_{bits}_bits", f"{flags} accepted"
        yield valid(name, text, spec, ok, last, lists=lists, as_of=LISTED)
        over = sign(revocable({STATUS: status_claim(16)}))
        text = f"Position 16 in a list of 16 positions, {counted(bits)} each."
        name = f"status/position_beyond_{bits}_bits"
        yield unknown(name, text, spec, flags, over, lists=lists)
    far = sign(revocable({STATUS: status_claim(2**53 - 1)}))
    text = "The largest possible position."
    lists = (listed(),)
    yield unknown("status/position_2_53_minus_1", text, spec, "position", far, lists=lists)
    wraps = sign(revocable({STATUS: status_claim(2**32 + 9)}))
    text = "Position 2^32 + 9, which becomes 9 in 32 bits."
    yield unknown("status/position_2_32_plus_9", text, spec, "position", wraps, lists=lists)
    first = sign(revocable({STATUS: status_claim(0)}))
    text = "Position 0."
    lists = (listed({1: 1}),)
    yield valid(
        "status/position_0", text, spec, "position accepted", first, lists=lists, as_of=LISTED
    )
    text = "A newer list without the position makes no statement; the older one does not decide."
    lists = (listed(), listed(iat=LISTED + 60, positions=8))
    name = "status/newer_list_too_short"
    yield unknown(name, text, "§7.4", "position", plain(), lists=lists)


def addresses() -> Iterator[Vector]:
    """Sub and the contract's address are equal byte for byte."""
    spec, flags = "§7.2", "status-sub"
    for name, sub, words in (
        ("other", "https://evil.example/list", "another address"),
        ("longer", LIST_URI + "/1", "a longer address"),
        ("slash", LIST_URI + "/", "the address with a slash added"),
        (
            "other_case",
            "https://ana.example/consent/List",
            "the address with a letter in upper case",
        ),
    ):
        text = f"sub is {words}."
        lists: tuple[bytes, ...] = (listed(top={2: sub}),)
        yield unknown(f"status/sub_{name}", text, spec, flags, plain(), lists=lists)
    text = "The list that says revoked has another sub, so it says nothing here."
    lists = (listed(), listed(REVOKED, top={2: "https://ana.example/other"}))
    name = "status/sub_other_revoked"
    yield valid(name, text, spec, "status-sub accepted", plain(), lists=lists, as_of=LISTED)
    text = "As in sub_other_revoked, with the lists in the other order."
    name = "status/sub_other_revoked_given_first"
    yield valid(name, text, spec, "status-sub accepted", plain(), lists=lists[::-1], as_of=LISTED)
    for name, uri, words in GOOD_LISTS:
        file = sign(revocable({STATUS: status_claim(IDX, uri)}))
        lists = (listed(top={2: uri}),)
        text = f"The list has an address that is not fetched: {words}."
        label, ok = f"status/uri_{name}", "address accepted"
        yield valid(label, text, "§2.4", ok, file, lists=lists, as_of=LISTED)


def signers() -> Iterator[Vector]:
    """The creator's key may say everything, the recovery key only revoked."""
    spec, flags = "§7.3", "status-signer"
    file = sign(revocable(creator={3: RECOVERY.thumbprint}))
    text = "A stranger's list says valid."
    lists: tuple[bytes, ...] = (listed(key=BEN),)
    yield unknown("status/foreign_valid", text, spec, flags, plain(), lists=lists)
    text = "A stranger's list says revoked; the creator's list says valid."
    lists = (listed(), listed(REVOKED, key=BEN, iat=LISTED + 60))
    name, ok = "status/foreign_revoked", f"{flags} accepted"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)
    text = "As in foreign_revoked, with the lists in the other order."
    name = "status/foreign_revoked_given_first"
    yield valid(name, text, spec, ok, plain(), lists=lists[::-1], as_of=LISTED)
    text = "The recovery key's list says revoked; the creator's list says valid."
    lists = (listed(iat=LISTED + 60), listed(REVOKED, key=RECOVERY))
    yield revoked("status/recovery_revoked", text, spec, flags, file, lists=lists)
    text = "The recovery key's list says revoked, and no other list is at hand."
    lists = (listed(REVOKED, key=RECOVERY),)
    yield revoked("status/recovery_revoked_alone", text, spec, flags, file, lists=lists)
    text = "Only the recovery key's list says valid, which clears nothing."
    lists = (listed(key=RECOVERY),)
    yield unknown("status/recovery_valid", text, spec, flags, file, lists=lists)
    text = "The creator revoked; a newer list of the recovery key says valid."
    lists = (listed(REVOKED), listed(key=RECOVERY, iat=LISTED + 60))
    yield revoked("status/recovery_clears_nothing", text, spec, flags, file, lists=lists)
    text = "The recovery key's list says suspended, which it has no power to say."
    lists = (listed(bits=2), listed({IDX: 2}, bits=2, key=RECOVERY, iat=LISTED + 60))
    name = "status/recovery_suspended"
    yield valid(name, text, spec, ok, file, lists=lists, as_of=LISTED)
    text = "The list of a recovery key that this contract does not name says revoked."
    lists = (listed(), listed(REVOKED, key=RECOVERY))
    name = "status/recovery_not_named"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)


def list_keys() -> Iterator[Vector]:
    """Field 15: whose list decides."""
    spec, flags = "§7.3", "status-signer"
    ok = f"{flags} accepted"
    file = sign(revocable(terms={15: LIST_KEY.thumbprint}))
    lists: tuple[bytes, ...] = (listed(key=LIST_KEY),)
    text, name = "The list key's list says valid.", "status/list_key_valid"
    yield valid(name, text, spec, ok, file, lists=lists, as_of=LISTED)
    text = "The list key's list says revoked."
    lists = (listed(REVOKED, key=LIST_KEY),)
    yield revoked("status/list_key_revoked", text, spec, flags, file, lists=lists)
    text = "The list key's list says suspended."
    lists = (listed({IDX: 2}, bits=2, key=LIST_KEY),)
    yield suspended("status/list_key_suspended", text, spec, flags, file, lists=lists)
    text = "The list key is the grantee's key, which is allowed."
    named = sign(revocable(terms={15: ACME.thumbprint}, grantee={2: ACME.thumbprint}))
    name, lists = "status/list_key_is_grantee", (listed(key=ACME),)
    yield valid(name, text, spec, ok, named, lists=lists, as_of=LISTED)
    text = "The list key is the grantee's; the creator revokes with a list of their own."
    name, lists = "status/list_key_is_grantee_revoked", (listed(key=ACME), listed(REVOKED))
    yield revoked(name, text, spec, flags, named, lists=lists)
    text = "Field 15 names another key; the creator's list says valid."
    lists = (listed(),)
    yield unknown("status/creator_valid_other_list_key", text, spec, flags, file, lists=lists)
    text = "Field 15 names another key; the creator's list says revoked."
    lists = (listed(key=LIST_KEY), listed(REVOKED))
    yield revoked("status/creator_revoked_other_list_key", text, spec, flags, file, lists=lists)
    text = "Field 15 names another key; the creator's newer list says suspended."
    lists = (listed(key=LIST_KEY), listed({IDX: 2}, bits=2, iat=LISTED + 60))
    name = "status/creator_suspended_other_list_key"
    yield valid(name, text, spec, ok, file, lists=lists, as_of=LISTED)
    text = "The list is signed by another contract's list key; this contract names none."
    lists = (listed(key=LIST_KEY),)
    yield unknown("status/list_key_not_named", text, spec, flags, plain(), lists=lists)


def sequence() -> Iterator[Vector]:
    """Several lists: revoked always wins; otherwise the newest decides."""
    spec, flags = "§7.4", "status-sequence"
    ok = f"{flags} accepted"
    old, new = LISTED - DAY, LISTED
    text = "An older list says revoked, the newest says valid: revocation is never undone."
    lists: tuple[bytes, ...] = (listed(REVOKED, iat=old), listed(iat=new))
    name = "status/revoked_then_cleared"
    yield revoked(name, text, spec, flags, plain(), lists=lists, since=old)
    text = "Two lists say revoked: the earlier one gives the time of revocation."
    lists = (listed(REVOKED, iat=new), listed(REVOKED, iat=old))
    yield revoked("status/revoked_twice", text, spec, flags, plain(), lists=lists, since=old)
    text = "The list that says revoked ended long ago."
    name, long_ago = "status/revoked_list_ended", NOW - 150 * DAY
    lists = (listed(REVOKED, iat=long_ago), listed())
    yield revoked(name, text, spec, flags, plain(), lists=lists, since=long_ago)
    text = "The list that says revoked was made before the contract."
    name, before = "status/revoked_before_iat", NOW - 400 * DAY
    lists = (listed(REVOKED, iat=before), listed())
    yield revoked(name, text, spec, flags, plain(), lists=lists, since=before)
    text = "The older list says valid, the newest says suspended."
    newest = listed({IDX: 2}, bits=2, iat=new)
    lists = (listed(iat=old), newest)
    yield suspended("status/valid_then_suspended", text, spec, flags, plain(), lists=lists)
    text = "As in valid_then_suspended, with the lists in the other order."
    name = "status/valid_then_suspended_given_last_first"
    yield suspended(name, text, spec, flags, plain(), lists=lists[::-1])
    text = "The older list says suspended, the newest says valid again."
    lists = (listed({IDX: 2}, bits=2, iat=old), listed(iat=new))
    name = "status/suspended_then_valid"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=new)
    text = "The older list says valid, the newest has the value 3."
    lists = (listed(iat=old), listed({IDX: 3}, bits=2, iat=new))
    yield unknown("status/valid_then_value_3", text, spec, flags, plain(), lists=lists)
    text = "The newest list has ended, an older one has not: the older one does not count."
    short = listed(iat=NOW - DAY, top={4: NOW - 1})
    lists = (listed(iat=NOW - 2 * DAY), short)
    yield unknown("status/newest_has_ended", text, spec, flags, plain(), lists=lists)
    text = "The newest list says suspended but has a bad signature, so it is ignored."
    spoilt = newest[:-1] + bytes([newest[-1] ^ 1])
    lists = (listed(iat=old), spoilt)
    name, results = "status/newest_bad_signature", ("valid", "bad-signature")
    yield valid(name, text, spec, ok, plain(), lists=lists, list_results=results, as_of=old)


def earliest() -> Iterator[Vector]:
    """The time of revocation is the earliest iat that says so, whoever said it."""
    spec, flags = "§7.4 step 1", "status-sequence"
    old, new = LISTED - DAY, LISTED
    lists: tuple[bytes, ...]
    text = "The creator revoked, and the recovery key a day before."
    recoverable = sign(revocable(creator={3: RECOVERY.thumbprint}))
    lists = (listed(REVOKED, iat=new), listed(REVOKED, iat=old, key=RECOVERY), listed(iat=new + 60))
    name = "status/revoked_by_two_keys"
    yield revoked(name, text, spec, flags, recoverable, lists=lists, since=old)
    text = "The recovery key revoked, and the creator a day before."
    lists = (listed(REVOKED, iat=old), listed(REVOKED, iat=new, key=RECOVERY), listed(iat=new + 60))
    name = "status/revoked_by_two_keys_creator_first"
    yield revoked(name, text, spec, flags, recoverable, lists=lists, since=old)
    text = "One list says revoked 100 s after T, another one 300 s after T."
    lists = (listed(), listed(REVOKED, iat=NOW + 300), listed(REVOKED, iat=NOW + 100))
    name = "status/revoked_twice_after_t"
    yield revoked(name, text, spec, flags, plain(), lists=lists, since=NOW + 100)


def same_instant() -> Iterator[Vector]:
    """Two lists of one key, address and iat."""
    spec, flags = "§7.4 step 2", "equivocation"
    text = "Two different lists with the same iat; both say valid."
    lists: tuple[bytes, ...] = (listed(), listed({20: 1}))
    yield unknown("status/same_iat_twice", text, spec, flags, plain(), lists=lists)
    text = "Two different lists with the same iat; one says revoked."
    lists = (listed(), listed(REVOKED))
    yield revoked("status/same_iat_revoked", text, "§7.4 step 1", flags, plain(), lists=lists)
    text = "Two different lists with the same iat; one says suspended."
    lists = (listed(), listed({IDX: 2}, bits=2))
    yield unknown("status/same_iat_suspended", text, spec, flags, plain(), lists=lists)
    text = "Two different lists with the same iat, and a newer one that says valid."
    lists = (listed(), listed({20: 1}), listed(iat=LISTED + 60))
    name, ok = "status/same_iat_then_newer", f"{flags} accepted"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED + 60)
    text = "The same list twice: no contradiction."
    lists = (listed(), listed())
    name = "status/same_list_twice"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)
    text = "The same list twice, once with a time-stamp: the object id covers only the payload."
    claims = list_claims()
    stamped = sign(claims, header(typ=LIST_TYP), {270: b"\x30\x00"}).data
    lists = (listed(), stamped)
    name = "status/same_list_other_envelope"
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)
    other_alg = sign(claims, header({1: -19}, typ=LIST_TYP)).data
    text = "The same list twice, once under alg -19, which gives it another signature."
    name, lists = "status/same_list_other_alg", (listed(), other_alg)
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)
    text = "The same list twice, with two good signatures of one key."
    name, lists = "status/same_list_other_signature", (listed(), signed_again(claims))
    yield valid(name, text, spec, ok, plain(), lists=lists, as_of=LISTED)
    yield from different_lists()
    text = "The recovery key's list with the same iat is no equivocation."
    file = sign(revocable(creator={3: RECOVERY.thumbprint}))
    lists = (listed(), listed(key=RECOVERY))
    name = "status/same_iat_other_key"
    yield valid(name, text, spec, ok, file, lists=lists, as_of=LISTED)


def signed_again(claims: Map, torsion: int = 0) -> bytes:
    """Return the list of *claims* with another good signature than the usual one.

    With *torsion*, R has a part of small order, so that only the cofactored equation holds.
    """
    protected, payload = encode(header(typ=LIST_TYP)), encode(claims)
    message, scalar = sig_structure(protected, payload), ed.secret_scalar(bytes.fromhex(ANA_SEED))
    nonce = 2026  # any number but the one that RFC 8032 derives
    r = ed.encode(ed.add(ed.multiply(nonce, ed.BASE), ed.multiply(torsion, ed.TORSION)))
    s = (nonce + ed.challenge(r, ANA.public, message) * scalar) % ed.L
    signature = r + s.to_bytes(32, "little")
    assert ed.accepts(ANA.public, message, signature) == (not torsion)
    assert ed.accepts(ANA.public, message, signature, ed.Rules(cofactorless=False))
    return sign(claims, protected, signature=signature).data


def different_lists() -> Iterator[Vector]:
    """Lists with the same iat that say the same about every position, in other payloads."""
    spec, flags = "§7.4 step 2", "equivocation"
    usual = list_claims()
    in_other_order = Pairs(tuple(reversed(usual.items())))
    fixed = list_claims(inner={"lst": zeros(4)})
    lists: tuple[bytes, ...]
    for name, words, payload in (
        ("exp", "exp", encode(list_claims(top={4: LISTED + 89 * DAY}))),
        ("ttl", "ttl", encode(list_claims(top={65534: 60}))),
        ("previous", "the id of the previous list", encode(list_claims(own={1: bytes(32)}))),
        ("bits", "the number of bits", encode(list_claims(bits=2))),
        ("compression", "the compression", encode(fixed)),
        ("length", "the number of positions", encode(list_claims(positions=64))),
        ("order", "the order of the claims", encode(in_other_order)),
    ):
        lists = (listed(), sign_list(payload))
        text = f"Two lists with the same iat say the same; they differ in {words}."
        label = f"status/same_iat_other_{name}"
        yield unknown(label, text, spec, flags, plain(), lists=lists)
    text = "The same list twice, and a third one with the same iat."
    lists = (listed(), listed(), listed({20: 1}))
    yield unknown("status/same_iat_third_differs", text, spec, flags, plain(), lists=lists)
    ok, spoilt = f"{flags} accepted", listed({20: 1})[:-1] + b"\xff"
    for name, words, other, result in (
        ("sub", "has another address", listed({20: 1}, top={2: LIST_URI + "/2"}), "valid"),
        ("bad_signature", "has a bad signature", spoilt, "bad-signature"),
        ("unsupported", "has an unknown claim", listed({20: 1}, top={1: "x"}), "unsupported"),
    ):
        text = f"Of two lists with the same iat, one {words}."
        lists, results = (listed(), other), ("valid", result)
        label = f"status/same_iat_other_{name}"
        yield valid(label, text, spec, ok, plain(), lists=lists, list_results=results, as_of=LISTED)
    later = NOW + 1
    text = "Two different lists with the same iat after T, and an older one that says valid."
    lists = (listed(), listed(iat=later), listed({20: 1}, iat=later))
    yield valid("status/same_iat_after_t", text, spec, ok, plain(), lists=lists, as_of=LISTED)


def instants() -> Iterator[Vector]:
    """iat, exp and the 300 seconds, one second either side."""
    flags, ok = "status-time boundary", "status-time boundary accepted"
    one, two = "§7.4 step 1", "§7.4 step 2"
    text = "The list says valid and was made at T."
    lists: tuple[bytes, ...] = (listed(iat=NOW),)
    yield valid("status/iat_at_t", text, two, ok, plain(), lists=lists, as_of=NOW)
    text = "The list says valid and was made one second after T."
    lists = (listed(iat=NOW + 1),)
    yield unknown("status/iat_after_t", text, two, flags, plain(), lists=lists)
    text = "The list that says valid was made after T; an older one says suspended."
    lists = (listed({IDX: 2}, bits=2), listed(iat=NOW + 1))
    yield suspended("status/valid_after_t", text, two, flags, plain(), lists=lists)
    text = "Suspended after T: at T the contract was valid."
    lists = (listed(), listed({IDX: 2}, bits=2, iat=NOW + 1))
    yield valid("status/suspended_after_t", text, two, ok, plain(), lists=lists, as_of=LISTED)
    text = "Revoked in a list made 300 s after T."
    name, after = "status/revoked_300_s_after_t", NOW + 300
    lists = (listed(), listed(REVOKED, iat=after))
    yield revoked(name, text, one, flags, plain(), lists=lists, since=after)
    text = "Revoked in a list made 301 s after T: at T the contract was valid."
    lists = (listed(), listed(REVOKED, iat=NOW + 301))
    name = "status/revoked_301_s_after_t"
    yield valid(name, text, one, ok, plain(), lists=lists, as_of=LISTED)
    text = "The only list was made 300 s after T: only a revocation would count."
    lists = (listed({20: 1}, iat=NOW + 300),)
    yield unknown("status/valid_300_s_after_t", text, two, flags, plain(), lists=lists)
    text = "T is one second before the list ends."
    lists = (listed(top={4: NOW + 1}),)
    yield valid("status/before_list_exp", text, two, ok, plain(), lists=lists, as_of=LISTED)
    text = "T is the list's exp."
    lists = (listed(top={4: NOW}),)
    yield unknown("status/at_list_exp", text, two, flags, plain(), lists=lists)
    text = "T is the list's exp; the list says revoked, which does not expire."
    lists = (listed(REVOKED, top={4: NOW}),)
    yield revoked("status/at_list_exp_revoked", text, one, flags, plain(), lists=lists)
    text = "T is the list's exp; the list says suspended, which expires with it."
    lists = (listed({IDX: 2}, bits=2, top={4: NOW}),)
    yield unknown("status/at_list_exp_suspended", text, two, flags, plain(), lists=lists)
    yield from end_of_time()


def end_of_time() -> Iterator[Vector]:
    """The earliest possible time, and T + 300 s beyond the latest."""
    file = sign(revocable({6: 0, 4: LONGEST_TERM}))
    lists: tuple[bytes, ...] = (listed(iat=0),)
    text = "Contract, list and question have the earliest possible time."
    name, flags = "status/beginning_of_time", "status-time boundary accepted"
    yield valid(name, text, "§2.5", flags, file, at=0, lists=lists, as_of=0)
    iat = LAST_TIME - LONGEST_TERM
    file = sign(revocable({6: iat, 4: LAST_TIME}))
    made = LAST_TIME - 100
    lists = (listed(iat=made, top={4: LAST_TIME}),)
    text = "exp of the list is one second later than the latest possible time."
    data = listed(iat=made, top={4: LAST_TIME + 1})
    base = partial(unknown, at=LAST_TIME - 1, lists=(data,), list_results=("malformed",))
    yield base("status/list_exp_after_end_of_time", text, "§2.5", "status-time boundary", file)
    text = "T is one second before the latest possible time: T + 300 s is out of range."
    name, flags = "status/end_of_time", "status-time accepted"
    asked = LAST_TIME - 1
    yield valid(name, text, "§7.4", flags, file, at=asked, lists=lists, as_of=made)


def ages() -> Iterator[Vector]:
    """The greatest age a caller may set."""
    spec, lists = "§7.4 step 2", (listed(),)
    for name, age, words in (("at", 3600, "as old as"), ("below", 3601, "younger than")):
        text = f"The list is {words} the caller allows."
        label, flags = f"status/age_{name}_greatest", "status-time boundary accepted"
        yield valid(
            label, text, spec, flags, plain(), lists=lists, max_status_age=age, as_of=LISTED
        )
    text, flags = "The list is one second older than the caller allows.", "status-time boundary"
    name = "status/age_over_greatest"
    yield unknown(name, text, spec, flags, plain(), lists=lists, max_status_age=3599)
    text = "A revocation older than the caller allows still counts."
    lists = (listed(REVOKED),)
    name = "status/age_revoked"
    yield revoked(name, text, "§7.4 step 1", flags, plain(), lists=lists, max_status_age=60)
    text = "The caller allows an age of 0; the list was made at T."
    lists = (listed(iat=NOW),)
    name, flags = "status/age_0", "status-time boundary accepted"
    yield valid(name, text, spec, flags, plain(), lists=lists, max_status_age=0, as_of=NOW)


def before_status() -> Iterator[Vector]:
    """Other steps come first, and authentic needs a status too."""
    spec, flags = "§5", "order"
    text = "The contract has ended and is revoked: ended comes first."
    ended = sign(revocable({4: NOW}))
    lists = (listed(REVOKED),)
    yield expired("status/order_expired_revoked", text, spec, flags, ended, lists=lists)
    text = "The work is not asked about, and the list says revoked."
    name = "status/not_asked_revoked"
    yield revoked(name, text, spec, "not-asked", plain(), lists=lists, work=None)
    text = "The work is not asked about, and the list says valid."
    name, lists = "status/not_asked_valid", (listed(),)
    flags = "not-asked accepted"
    yield Vector(
        name, text, spec, flags, plain(), "authentic", lists=lists, work=None, as_of=LISTED
    )
