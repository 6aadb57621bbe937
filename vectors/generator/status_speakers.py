"""Who may say what, in every place where a contract names keys (spec §7.3 and §7.4).

A revocation counts whichever of the keys that may say so has said it, and whatever else is at
hand. What any other key says has no effect.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from build import (
    ACME,
    ANA,
    BEN,
    DAY,
    LIST_KEY,
    NOW,
    RECOVERY,
    File,
    Key,
    Map,
    Vector,
    revocable,
    sign,
    valid,
)
from status_rules import IDX, LISTED, REVOKED, listed, revoked, suspended, unknown

SPEC, FLAGS = "§7.3", "status-signer"
OK = f"{FLAGS} accepted"
LATER = LISTED + 60
LONG_AGO = NOW - 150 * DAY  # a list of that time has ended
SUSPENDED = {IDX: 2}


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    for speaker in SPEAKERS:
        yield from revocations(speaker)
        yield from in_time(speaker)
    for name, words, key in OTHERS:
        for place in PLACES:
            yield from without_a_say(name, words, key, place)
    yield from only_revoked()
    yield from beside_the_list_key()


@dataclass(frozen=True)
class Place:
    """A contract, by the keys that it names beside the creator's."""

    name: str
    words: str
    terms: Map
    creator: Map

    def contract(self, changes: Map | None = None, grantee: Map | None = None) -> File:
        """Return the contract, with *changes* to its terms."""
        terms = {**self.terms, **(changes or {})}
        return sign(revocable(terms=terms, creator=self.creator, grantee=grantee))

    @property
    def decides(self) -> Key:
        """The list key."""
        return LIST_KEY if 15 in self.terms else ANA


_RECOVERY: Map = {3: RECOVERY.thumbprint}
_LIST_KEY: Map = {15: LIST_KEY.thumbprint}
ALONE = Place("", "the contract names no other key", {}, {})
RECOVERABLE = Place("_recovery_named", "the contract names a recovery key", {}, _RECOVERY)
LISTED_ELSEWHERE = Place("_list_key_named", "the contract names a list key", _LIST_KEY, {})
BOTH = Place(
    "_both_named", "the contract names a recovery key and a list key", _LIST_KEY, _RECOVERY
)
PLACES = (ALONE, RECOVERABLE, LISTED_ELSEWHERE, BOTH)


@dataclass(frozen=True)
class Speaker:
    """A key that may revoke."""

    name: str
    words: str
    key: Key
    place: Place


SPEAKERS = (
    Speaker("creator", "The creator", ANA, ALONE),
    Speaker("creator_beside_list_key", "The creator, beside a list key,", ANA, LISTED_ELSEWHERE),
    Speaker("recovery", "The recovery key", RECOVERY, RECOVERABLE),
    Speaker("recovery_beside_list_key", "The recovery key, beside a list key,", RECOVERY, BOTH),
    Speaker("list_key", "The list key", LIST_KEY, BOTH),
)


def revocations(speaker: Speaker) -> Iterator[Vector]:
    """A revocation is not forgotten, whatever else is at hand."""
    place, key, who = speaker.place, speaker.key, speaker.words
    file, says_valid = place.contract(), listed(iat=LATER, key=place.decides)
    taken_back = listed(REVOKED, key=key)

    def named(ending: str, text: str, contract: File, *lists: bytes, since: int = LISTED) -> Vector:
        name = f"status/says_{speaker.name}_{ending}"
        return revoked(name, f"{who} {text}", SPEC, FLAGS, contract, lists=lists, since=since)

    text = "revoked; a newer list of the list key says valid."
    yield named("revoked", text, file, taken_back, says_valid)
    yield named("revoked_alone", "revoked, and no other list is at hand.", file, taken_back)
    breach = place.contract({6: [2, 30]})
    text = "revoked a contract that is revocable for breach; a newer list says valid."
    yield named("revoked_for_breach", text, breach, taken_back, says_valid)
    ended = listed(REVOKED, key=key, iat=LONG_AGO)
    text = "revoked in a list that has ended; the current list says valid."
    yield named("revoked_list_ended", text, file, ended, says_valid, since=LONG_AGO)
    text = "revoked for breach in a list that has ended; the current list says valid."
    yield named("revoked_for_breach_list_ended", text, breach, ended, says_valid, since=LONG_AGO)
    cleared = (ended, listed(key=key), says_valid)
    text = "revoked and later says valid, as the list key does."
    yield named("revoked_then_cleared", text, file, *cleared, since=LONG_AGO)
    wide = listed(REVOKED, key=key, bits=8)
    yield named("revoked_8_bits", "revoked in a list of 8 bits.", file, wide, says_valid)
    text = "revoked; the list key's newer list does not have the position."
    short = listed(iat=LATER, key=place.decides, positions=8)
    yield named("revoked_then_too_short", text, file, taken_back, short)
    text = "revoked; the caller allows no list to be older than a minute."
    fresh = listed(iat=NOW - 30, key=place.decides)
    yield replace(named("revoked_over_age", text, file, taken_back, fresh), max_status_age=60)


def in_time(speaker: Speaker) -> Iterator[Vector]:
    """A revocation counts up to 300 seconds after T."""
    place, key, who = speaker.place, speaker.key, speaker.words
    file, says_valid = place.contract(), listed(key=place.decides)
    for seconds in (0, 1, 300, 301):
        iat = NOW + seconds
        lists = (says_valid, listed(REVOKED, key=key, iat=iat))
        name = f"status/says_{speaker.name}_revoked_{seconds}_s_after_t"
        text = f"{who} revoked in a list made {seconds} s after T."
        spec, flags = "§7.4 step 1", "status-time boundary"
        if seconds <= 300:
            yield revoked(name, text, spec, flags, file, lists=lists, since=iat)
        else:
            flags += " accepted"
            yield valid(name, text, spec, flags, file, lists=lists, as_of=LISTED)
    other = listed(REVOKED, key=key, top={2: "https://ana.example/other"})
    name = f"status/says_{speaker.name}_revoked_elsewhere"
    text = f"{who} revoked this position of another address."
    flags = "status-sub accepted"
    yield valid(name, text, "§7.2", flags, file, lists=(says_valid, other), as_of=LISTED)


# Keys that may say nothing. The grantee's is named in the contract, as the grantee's.
OTHERS = (("stranger", "a stranger", BEN), ("grantee", "the grantee's key", ACME))


def without_a_say(who: str, words: str, key: Key, place: Place) -> Iterator[Vector]:
    """Lists of a key that is neither the creator's nor named as recovery or list key."""
    named = {2: ACME.thumbprint} if key is ACME else None
    file = place.contract(grantee=named)
    name = f"status/says_{who}_{{}}{place.name}".format
    ending = f"by {words}; {place.words}."
    lists: tuple[bytes, ...] = (listed(key=key),)
    yield unknown(name("valid"), f"A list {ending}", SPEC, FLAGS, file, lists=lists)
    breach = place.contract({6: [2, 30]}, grantee=named)
    text = f"A list {ending[:-1]} and is revocable for breach."
    yield unknown(name("valid_for_breach"), text, SPEC, FLAGS, breach, lists=lists)
    current = listed(key=place.decides)
    text = f"A list that says revoked, {ending}"
    lists = (current, listed(REVOKED, key=key))
    yield valid(name("revoked"), text, SPEC, OK, file, lists=lists, as_of=LISTED)
    text = f"A newer list that says suspended, {ending}"
    lists = (current, listed(SUSPENDED, key=key, bits=2, iat=LATER))
    yield valid(name("suspended"), text, SPEC, OK, file, lists=lists, as_of=LISTED)
    text = f"The list key's list says suspended; a newer one says valid, {ending}"
    lists = (listed(SUSPENDED, key=place.decides, bits=2), listed(key=key, iat=LATER))
    yield suspended(name("valid_again"), text, SPEC, FLAGS, file, lists=lists)
    text = f"The list key's list has ended; a newer one says valid, {ending}"
    lists = (listed(key=place.decides, iat=LONG_AGO), listed(key=key, iat=LATER))
    yield unknown(name("valid_after_end"), text, SPEC, FLAGS, file, lists=lists)


def only_revoked() -> Iterator[Vector]:
    """A key that may only revoke cannot say valid or suspended."""
    for who, words, key, place in (
        ("recovery", "the recovery key", RECOVERY, RECOVERABLE),
        ("recovery_beside_list_key", "the recovery key, beside a list key", RECOVERY, BOTH),
        ("creator_beside_list_key", "the creator, beside a list key", ANA, LISTED_ELSEWHERE),
    ):
        file = place.contract()
        name = f"status/only_revoked_{who}_{{}}".format
        lists: tuple[bytes, ...] = (listed(key=key),)
        yield unknown(
            name("valid"), f"The only list is by {words}.", SPEC, FLAGS, file, lists=lists
        )
        breach = place.contract({6: [2, 30]})
        text = f"The only list is by {words}; the contract is revocable for breach."
        yield unknown(name("valid_for_breach"), text, SPEC, FLAGS, breach, lists=lists)
        text = f"The list key's list has ended; a newer one is by {words}."
        lists = (listed(key=place.decides, iat=LONG_AGO), listed(key=key))
        yield unknown(name("valid_after_end"), text, SPEC, FLAGS, file, lists=lists)
        text = f"The list key's list says suspended; a newer one says valid, by {words}."
        lists = (listed(SUSPENDED, key=place.decides, bits=2), listed(key=key, iat=LATER))
        yield suspended(name("valid_again"), text, SPEC, FLAGS, file, lists=lists)
        current = listed(key=place.decides)
        for ending, said, newer in (
            ("suspended", "says suspended", {"values": SUSPENDED, "bits": 2}),
            ("value_3", "has the value 3", {"values": {IDX: 3}, "bits": 2}),
            ("too_short", "does not have the position", {"positions": 8}),
            ("ended", "has ended", {"top": {4: NOW}}),
        ):
            text = f"A newer list {said}, by {words}: it has no effect."
            lists = (current, listed(key=key, iat=LATER, **newer))
            yield valid(name(ending), text, SPEC, OK, file, lists=lists, as_of=LISTED)
        text = f"Two different lists with the same iat are by {words}: they have no effect."
        lists = (current, listed(key=key), listed({20: 1}, key=key))
        flags = f"equivocation {OK}"
        yield valid(name("equivocal"), text, SPEC, flags, file, lists=lists, as_of=LISTED)


def beside_the_list_key() -> Iterator[Vector]:
    """Keys that one contract names and another does not."""
    lists: tuple[bytes, ...] = (listed(key=LIST_KEY), listed(REVOKED, key=RECOVERY))
    text = "The recovery key revoked; this contract names only a list key."
    name, file = "status/recovery_not_named_list_key_named", LISTED_ELSEWHERE.contract()
    yield valid(name, text, SPEC, OK, file, lists=lists, as_of=LISTED)
    text = "The list key of another contract says revoked; this one names only a recovery key."
    name, file = "status/list_key_not_named_revoked", RECOVERABLE.contract()
    lists = (listed(), listed(REVOKED, key=LIST_KEY))
    yield valid(name, text, SPEC, OK, file, lists=lists, as_of=LISTED)
    text = "The list key is the grantee's, and its list says suspended."
    named = ALONE.contract({15: ACME.thumbprint}, grantee={2: ACME.thumbprint})
    lists = (listed(SUSPENDED, key=ACME, bits=2),)
    name = "status/list_key_is_grantee_suspended"
    yield suspended(name, text, SPEC, FLAGS, named, lists=lists)
    text = "The list key is the grantee's; the creator's list says valid, and no other is at hand."
    name, lists = "status/list_key_is_grantee_creator_valid", (listed(),)
    yield unknown(name, text, SPEC, FLAGS, named, lists=lists)
    text = "A list that is older than the contract says valid."
    lists = (listed(iat=NOW - 60 * DAY),)
    name, flags = "status/valid_before_iat", "status-time accepted"
    file = sign(revocable({6: NOW - DAY}))
    yield valid(name, text, "§7.4", flags, file, lists=lists, as_of=NOW - 60 * DAY)
