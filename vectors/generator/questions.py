"""Questions: work, grantee, use, place and instant, and the order of the steps (spec §5)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from build import (
    ABSENT,
    ACME,
    ACME_URI,
    BEN,
    DAY,
    ENDS,
    NOW,
    SHA256,
    SHA384,
    SHA512,
    SIGNED,
    Vector,
    claims,
    make,
    revocable,
    sign,
    valid,
)

unknown_creator = partial(Vector, expect="unknown-creator", step=4)
wrong_work = partial(Vector, expect="wrong-work", step=7)
wrong_grantee = partial(Vector, expect="wrong-grantee", step=8)
use_not_granted = partial(Vector, expect="use-not-granted", step=9)
wrong_territory = partial(Vector, expect="wrong-territory", step=10)
not_yet_valid = partial(Vector, expect="not-yet-valid", step=11)
expired = partial(Vector, expect="expired", step=12)
status_unknown = partial(Vector, expect="status-unknown", step=13)
authentic = partial(Vector, expect="authentic")

USES = (
    "pretrain",
    "finetune",
    "train-nongen",
    "evaluate",
    "ground",
    "index",
    "imitate",
    "distill",
    "synthesize",
    "redistribute",
)

MEASURED: dict[str, object] = {"sha256": SHA256.hex()}
OTHER_WORK = {"sha256": "00" * 32}
OTHER_GRANTEE = {"uri": "https://evil.example/"}


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from works()
    yield from grantees()
    yield from uses()
    yield from places()
    yield from instants()
    yield from not_asked()
    yield from order_of_steps()


def works() -> Iterator[Vector]:
    """Step 7."""
    spec, flags = "§5 step 7", "work"
    good = make()
    other = {"sha256": SHA256.hex()[:-1] + "0"}
    assert other["sha256"] != SHA256.hex()
    text = "The last digit of the work's SHA-256 differs."
    yield wrong_work("contract/work_other_bytes", text, spec, flags, good, work=other)
    sized = {**MEASURED, "size": 16}
    text = "The measured size differs from the contract's; the SHA-256 is the same."
    yield wrong_work("contract/work_other_size", text, spec, flags, good, work=sized)
    for word, alg, digest in (("sha384", -43, SHA384), ("sha512", -44, SHA512)):
        file = make(work={4: [[alg, bytes(len(digest))]]})
        measured = {**MEASURED, word: digest.hex()}
        text = f"The contract's {word} differs from the work's; the SHA-256 is the same."
        name = f"contract/work_other_{word}"
        yield wrong_work(name, text, spec, flags, file, work=measured)
        text = f"The contract's {word} is wrong, but was not measured, so it is not compared."
        name = f"contract/work_{word}_not_measured"
        yield valid(name, text, spec, "work accepted", file)
    full = make(work={4: [[-43, SHA384], [-44, SHA512]]})
    everything = {**MEASURED, "size": 15, "sha384": SHA384.hex(), "sha512": SHA512.hex()}
    text = "Size and all three digests were measured and are equal."
    yield valid("contract/work_all_measured", text, spec, "work accepted", full, work=everything)
    text = "Size and digests were measured; the contract has only SHA-256 and size."
    yield valid("contract/work_more_measured", text, spec, "work accepted", good, work=everything)


def grantees() -> Iterator[Vector]:
    """Step 8."""
    spec, flags, ok = "§5 step 8", "grantee", "grantee accepted"
    good, key = make(), ACME.thumbprint.hex()
    keyed = make(grantee={1: ACME_URI, 2: ACME.thumbprint})
    for name, uri, words in (
        ("other", "https://evil.example/", "another address"),
        ("longer", ACME_URI + "labs", "a longer address"),
        ("prefix", "https://acme.example.evil.example/", "a host that begins with the right one"),
        ("without_slash", "https://acme.example", "the address without its last slash"),
        ("upper_case", "https://ACME.example/", "the host in upper case"),
        ("name", "Acme Labs", "the grantee's name in place of an address"),
    ):
        asked, text = {"uri": uri}, f"The question has {words}."
        yield wrong_grantee(f"contract/grantee_{name}", text, spec, flags, good, grantee=asked)
    text = "The question has a key; the contract has only an address."
    yield wrong_grantee("contract/grantee_no_key", text, spec, flags, good, grantee={"key": key})
    text = "The question has another key whose thumbprint begins with the same 8 bytes."
    near = {"key": key[:16] + "00" * 24}
    yield wrong_grantee("contract/grantee_key_prefix", text, spec, flags, keyed, grantee=near)
    text = "The contract has only a key; the question has its did:key, which is an address."
    alone = make(grantee={1: ABSENT, 2: ACME.thumbprint})
    name = "contract/grantee_did_key_for_key"
    yield wrong_grantee(name, text, spec, flags, alone, grantee={"uri": ACME.did})
    text = "The contract has a did:key as address; the question has the key's thumbprint."
    addressed = make(grantee={1: ACME.did})
    name = "contract/grantee_key_for_did_key"
    yield wrong_grantee(name, text, spec, flags, addressed, grantee={"key": key})
    text = "The key matches; the address does not."
    asked = {"uri": "https://acme.test/", "key": key}
    yield valid("contract/grantee_by_key", text, spec, ok, keyed, grantee=asked)
    text = "The address matches; the key does not."
    asked = {"uri": ACME_URI, "key": BEN.thumbprint.hex()}
    yield valid("contract/grantee_by_address", text, spec, ok, keyed, grantee=asked)
    text = "The question has only the key."
    yield valid("contract/grantee_key_alone", text, spec, ok, keyed, grantee={"key": key})
    text = "Neither address nor key matches."
    asked = {"uri": "https://evil.example/", "key": BEN.thumbprint.hex()}
    yield wrong_grantee("contract/grantee_neither", text, spec, flags, keyed, grantee=asked)


def uses() -> Iterator[Vector]:
    """Step 9: each bit by its name, and none implies another."""
    spec = "§5 step 9"
    for bit, use in enumerate(USES):
        word = use.replace("-", "_")
        file = make(terms={4: 1 << bit, 12: "For one museum."})
        text = f"Bit value {1 << bit} is {use}."
        yield valid(f"contract/use_{word}", text, spec, "use accepted", file, use=use)
        file = make(terms={4: 1023 - (1 << bit), 12: "For one museum."})
        text = f"Every use but {use} is permitted."
        yield use_not_granted(f"contract/use_all_but_{word}", text, spec, "use", file, use=use)


def places() -> Iterator[Vector]:
    """Step 10."""
    spec, flags, ok = "§5 step 10", "territory", "territory accepted"
    limited, world = make(terms={9: ["ES", "PT"]}), make()
    for name, place in (("DE", "DE"), ("world", "001"), ("none", "none")):
        text = f"Spain and Portugal only; asked about {place}."
        label = f"contract/territory_asked_{name}"
        yield wrong_territory(label, text, spec, flags, limited, territory=place)
    for place in ("ES", "PT"):
        text = f"Spain and Portugal only; asked about {place}."
        name = f"contract/territory_asked_{place}"
        yield valid(name, text, spec, ok, limited, territory=place)
    for name, place in (("code", "DE"), ("world", "001"), ("none", "none")):
        text = f"The whole world; asked about {place}."
        label = f"contract/territory_world_asked_{name}"
        yield valid(label, text, spec, ok, world, territory=place)


def instants() -> Iterator[Vector]:
    """Steps 11 and 12: no tolerance at either end."""
    flags, good = "time boundary", make()
    late = make({5: SIGNED + DAY})
    spec, text = "§5 step 11", "One second before it begins."
    yield not_yet_valid("contract/before_start", text, spec, flags, good, at=SIGNED - 1)
    yield not_yet_valid("contract/before_nbf", text, spec, flags, late, at=SIGNED + DAY - 1)
    text = "At iat, but nbf comes later."
    yield not_yet_valid("contract/at_iat_before_nbf", text, spec, flags, late, at=SIGNED)
    text, ok = "At the instant it begins.", "time boundary accepted"
    yield valid("contract/at_start", text, spec, ok, good, at=SIGNED)
    yield valid("contract/at_nbf", text, spec, ok, late, at=SIGNED + DAY)
    spec, text = "§5 step 12", "One second before it ends."
    yield valid("contract/before_exp", text, spec, ok, good, at=ENDS - 1)
    text = "At exp itself, the first instant at which it no longer holds."
    yield expired("contract/at_exp", text, spec, flags, good, at=ENDS)
    text = "One second after exp."
    yield expired("contract/after_exp", text, spec, flags, good, at=ENDS + 1)


def not_asked() -> Iterator[Vector]:
    """What is not asked is skipped, and then the best answer is authentic."""
    spec, flags, good = "§5", "not-asked accepted", make()
    base = authentic("contract/not_asked", "", spec, flags, good)
    for word, one in (
        ("work", replace(base, work=None)),
        ("grantee", replace(base, grantee=None)),
        ("use", replace(base, use=None)),
        ("territory", replace(base, territory=None)),
    ):
        text = f"The {word} is not asked about."
        yield replace(one, name=f"contract/not_asked_{word}", comment=text)
    text = "Only the contract itself is asked about."
    yield asking_nothing(replace(base, name="contract/not_asked_anything", comment=text))
    limited = make(terms={9: ["ES"]})
    text = "The territory is limited, and is not asked about."
    name = "contract/not_asked_territory_limited"
    yield authentic(name, text, spec, flags, limited, territory=None)
    flags, text = "not-asked", "The work is not asked about; the grantee is wrong."
    name = "contract/not_asked_work_wrong_grantee"
    yield wrong_grantee(name, text, spec, flags, good, work=None, grantee=OTHER_GRANTEE)
    text, name = (
        "Only the contract itself is asked about; it has ended.",
        "contract/not_asked_expired",
    )
    yield asking_nothing(expired(name, text, spec, flags, good, at=ENDS))
    text = "Only the contract itself is asked about; no status list is at hand."
    name = "contract/not_asked_status_unknown"
    yield asking_nothing(status_unknown(name, text, spec, flags, sign(revocable())))


def asking_nothing(vector: Vector) -> Vector:
    """Return the *vector* with a question about the contract alone."""
    return replace(vector, work=None, grantee=None, use=None, territory=None)


def order_of_steps() -> Iterator[Vector]:
    """Two steps fail; the first gives the code."""
    spec, flags = "§5", "order"
    good, limited = make(), make(terms={9: ["ES"]})
    unsigned = sign(claims(), signature=bytes(64))
    both = "contract/order_"
    text = "The signature is bad, and the creator is not believed."
    name = f"{both}signature_creator"
    yield Vector(name, text, spec, flags, unsigned, "bad-signature", 3, keys=())
    text = "The signature is bad, and the work is wrong."
    name = f"{both}signature_work"
    yield Vector(name, text, spec, flags, unsigned, "bad-signature", 3, work=OTHER_WORK)
    text, name = "The creator is not believed, and the work is wrong.", f"{both}creator_work"
    yield unknown_creator(name, text, spec, flags, good, keys=(), work=OTHER_WORK)
    text, name = (
        "The creator is not believed, and the contract has ended.",
        f"{both}creator_expired",
    )
    yield unknown_creator(name, text, spec, flags, good, keys=(), at=ENDS)
    text, name = "The work, the grantee and the use are wrong.", f"{both}work_grantee_use"
    first = partial(wrong_work, work=OTHER_WORK, grantee=OTHER_GRANTEE, use="index")
    yield first(name, text, spec, flags, good)
    text, name = "The grantee and the use are wrong.", f"{both}grantee_use"
    yield wrong_grantee(name, text, spec, flags, good, grantee=OTHER_GRANTEE, use="index")
    text, name = "The use and the place are wrong.", f"{both}use_territory"
    yield use_not_granted(name, text, spec, flags, limited, use="index", territory="DE")
    text, name = "The place is wrong, and the contract has not begun.", f"{both}territory_start"
    yield wrong_territory(name, text, spec, flags, limited, at=SIGNED - 1)
    text, name = "The place is wrong, and the contract has ended.", f"{both}territory_expired"
    yield wrong_territory(name, text, spec, flags, limited, at=ENDS)
    text, name = "The work is wrong, and the contract has ended.", f"{both}work_expired"
    yield wrong_work(name, text, spec, flags, good, work=OTHER_WORK, at=ENDS)
    text, name = "The contract has not begun, and no status list is at hand.", f"{both}start_status"
    taken_back = sign(revocable())
    yield not_yet_valid(name, text, spec, flags, taken_back, at=SIGNED - 1)
    text, name = "The contract has ended, and no status list is at hand.", f"{both}expired_status"
    yield expired(name, text, spec, flags, taken_back, at=ENDS)
    text, name = "The use is wrong, and no status list is at hand.", f"{both}use_status"
    yield use_not_granted(name, text, spec, flags, taken_back, use="index")
    text, name = (
        "The creator is not believed, and no status list is at hand.",
        f"{both}creator_status",
    )
    yield unknown_creator(name, text, spec, flags, taken_back, keys=(), at=NOW)
