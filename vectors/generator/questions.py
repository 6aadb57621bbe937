"""Questions: work, grantee, use, place and instant, and the order of the steps (spec §5)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from build import (
    ABSENT,
    ACME,
    ACME_URI,
    ANA,
    BEN,
    DAY,
    ENDS,
    LIST_KEY,
    LIST_URI,
    NOW,
    RECOVERY,
    SHA256,
    SHA384,
    SHA512,
    SIGNED,
    File,
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
    yield from sha256_alone_authorises()
    yield from measured_or_not()
    text = "Size and all three digests were measured and are equal."
    yield valid("contract/work_all_measured", text, spec, "work accepted", full, work=everything)
    text = "Size and digests were measured; the contract has only SHA-256 and size."
    yield valid("contract/work_more_measured", text, spec, "work accepted", good, work=everything)


def sha256_alone_authorises() -> Iterator[Vector]:
    """Everything but the SHA-256 is equal, or one of several further measures is not."""
    spec, flags, other = "§5 step 7", "work", "00" * 32
    short, long = {"sha384": SHA384.hex()}, {"sha512": SHA512.hex()}
    full = make(work={4: [[-43, SHA384], [-44, SHA512]]})
    for name, measured, words in (
        ("sha384", short, "SHA-384 is"),
        ("sha512", long, "SHA-512 is"),
        ("both", {**short, **long, "size": 15}, "size, SHA-384 and SHA-512 are"),
    ):
        text = f"The {words} equal; the SHA-256 is another."
        asked: dict[str, object] = {"sha256": other, **measured}
        yield wrong_work(f"contract/work_only_{name}", text, spec, flags, full, work=asked)
    for name, measured, words in (
        ("sha384", {"sha384": "00" * 48, **long}, "SHA-384 differs; SHA-256 and SHA-512 are"),
        ("sha512", {**short, "sha512": "00" * 64}, "SHA-512 differs; SHA-256 and SHA-384 are"),
    ):
        text, asked = f"The {words} equal.", {**MEASURED, **measured}
        yield wrong_work(f"contract/work_all_but_{name}", text, spec, flags, full, work=asked)
    for name, near, words in (
        ("first_bit", bytes([SHA256[0] ^ 0x80]) + SHA256[1:], "differs in its first bit"),
        ("first_8_bytes", SHA256[:8] + bytes(24), "has the same first 8 bytes"),
        ("reversed", SHA256[::-1], "is in reverse order"),
        ("first_of_sha384", SHA384[:32], "is the first 32 bytes of the contract's SHA-384"),
        ("first_of_sha512", SHA512[:32], "is the first 32 bytes of the contract's SHA-512"),
    ):
        text, asked = f"The measured SHA-256 {words}.", {"sha256": near.hex()}
        yield wrong_work(f"contract/work_{name}", text, spec, flags, full, work=asked)


def measured_or_not() -> Iterator[Vector]:
    """What the contract does not have is not compared; 0 is a size like any other."""
    spec, flags, ok = "§5 step 7", "work", "work accepted"
    for name, signed, measured, words in (
        ("0_for_15", 15, 0, "The contract's size is 15; the measured one is 0"),
        ("15_for_0", 0, 15, "The contract's size is 0; the measured one is 15"),
        ("14_for_15", 15, 14, "The measured size is one less than the contract's"),
    ):
        file, asked = make(work={3: signed}), {**MEASURED, "size": measured}
        yield wrong_work(f"contract/work_size_{name}", f"{words}.", spec, flags, file, work=asked)
    short: dict[str, object] = {"sha384": SHA384.hex()}
    long: dict[str, object] = {"sha512": SHA512.hex()}
    absent: tuple[tuple[str, File, dict[str, object], str], ...] = (
        ("size_absent", make(work={3: ABSENT}), {"size": 15}, "The size was measured"),
        ("size_0_absent", make(work={3: ABSENT}), {"size": 0}, "A size of 0 was measured"),
        ("sha384_absent", make(work={4: [[-44, SHA512]]}), short, "The SHA-384 was measured"),
        ("sha512_absent", make(work={4: [[-43, SHA384]]}), long, "The SHA-512 was measured"),
    )
    for name, file, more, words in absent:
        text, asked = f"{words}; the contract does not have it.", {**MEASURED, **more}
        yield valid(f"contract/work_{name}", text, spec, ok, file, work=asked)
    text, file = "Size 0 was measured, and the contract has it.", make(work={3: 0})
    asked = {**MEASURED, "size": 0}
    yield valid("contract/work_size_0_measured", text, spec, ok, file, work=asked)


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
    yield from addresses_of_nobody()
    yield from addresses_of_others()
    yield from other_spellings()
    text = "Neither address nor key matches."
    asked = {"uri": "https://evil.example/", "key": BEN.thumbprint.hex()}
    yield wrong_grantee("contract/grantee_neither", text, spec, flags, keyed, grantee=asked)


def addresses_of_nobody() -> Iterator[Vector]:
    """What a contract does not have is matched by nothing, not even by nothing."""
    spec, flags = "§5 step 8", "grantee"
    alone = make(grantee={1: ABSENT, 2: ACME.thumbprint})
    for name, uri, words in (
        ("empty", "", "the empty text"),
        ("none", "None", "None"),
        ("null", "null", "null"),
        ("undefined", "undefined", "undefined"),
        ("thumbprint", ACME.thumbprint.hex(), "the thumbprint in hexadecimal, which is no address"),
    ):
        text = f"The contract has only a key; the address asked about is {words}."
        asked = {"uri": uri}
        full = f"contract/grantee_key_only_asked_{name}"
        yield wrong_grantee(full, text, spec, flags, alone, grantee=asked)
    text = "The contract has only a key; an empty address and another key are asked about."
    asked = {"uri": "", "key": BEN.thumbprint.hex()}
    name = "contract/grantee_empty_and_other_key"
    yield wrong_grantee(name, text, spec, flags, alone, grantee=asked)
    text = "The contract has only an address; the empty text is asked about."
    yield wrong_grantee("contract/grantee_empty", text, spec, flags, make(), grantee={"uri": ""})
    text = "The contract has only an address; a key of zeros is asked about."
    zeros = {"key": "00" * 32}
    yield wrong_grantee("contract/grantee_key_of_zeros", text, spec, flags, make(), grantee=zeros)


def addresses_of_others() -> Iterator[Vector]:
    """Addresses and keys that have another part in the contract."""
    spec, flags = "§5 step 8", "grantee"
    evil = "https://evil.example/"
    named = make(grantee={0: evil})
    text = "The grantee's name is the address asked about."
    name = "contract/grantee_name_is_address"
    yield wrong_grantee(name, text, spec, flags, named, grantee={"uri": evil})
    text = "The grantee's name is the thumbprint asked about."
    named = make(grantee={0: BEN.thumbprint.hex()})
    asked = {"key": BEN.thumbprint.hex()}
    name = "contract/grantee_name_is_thumbprint"
    yield wrong_grantee(name, text, spec, flags, named, grantee=asked)
    parts = partial(revocable, terms={15: LIST_KEY.thumbprint}, grantee={2: ACME.thumbprint})
    file = sign(parts(creator={3: RECOVERY.thumbprint}))
    for name, key, words in (
        ("creator", ANA, "creator's"),
        ("recovery", RECOVERY, "recovery"),
        ("list", LIST_KEY, "list"),
    ):
        text, asked = f"The {words} key is asked about.", {"key": key.thumbprint.hex()}
        yield wrong_grantee(f"contract/grantee_{name}_key", text, spec, flags, file, grantee=asked)
    text = "The status list's address is asked about."
    name, asked = "contract/grantee_list_address", {"uri": LIST_URI}
    yield wrong_grantee(name, text, spec, flags, file, grantee=asked)
    text = "The key asked about begins with other 8 bytes and ends with the same 24."
    asked = {"key": "00" * 8 + ACME.thumbprint.hex()[16:]}
    yield wrong_grantee("contract/grantee_key_end", text, spec, flags, file, grantee=asked)
    text = "The key asked about differs in its last bit."
    own = ACME.thumbprint
    asked = {"key": (own[:31] + bytes([own[31] ^ 1])).hex()}
    yield wrong_grantee("contract/grantee_key_last_bit", text, spec, flags, file, grantee=asked)


def other_spellings() -> Iterator[Vector]:
    """Addresses that some software takes for the contract's; they are compared byte for byte."""
    spec, flags = "§5 step 8", "grantee address"
    escaped = "https://acme.example/%C3%A9%2Fa"
    for name, signed, asked, words in (
        ("port", ACME_URI, "https://acme.example:443/", "names the default port"),
        ("scheme", ACME_URI, "HTTPS://acme.example/", "has its scheme in upper case"),
        ("http", ACME_URI, "http://acme.example/", "is http"),
        ("final_dot", ACME_URI, "https://acme.example./", "has a dot after the host"),
        ("user", ACME_URI, "https://ana@acme.example/", "has user information"),
        ("fragment", ACME_URI, "https://acme.example/#", "has an empty fragment"),
        ("query", ACME_URI, "https://acme.example/?", "has an empty query"),
        ("dot_segment", ACME_URI, "https://acme.example/./", "has a segment of one dot"),
        ("slashes", ACME_URI, "https://acme.example//", "has a second slash"),
        ("line_feed", ACME_URI, "https://acme.example/\n", "ends in a line feed"),
        ("space", ACME_URI, " https://acme.example/", "begins with a space"),
        ("nul", ACME_URI, "https://acme.example/\0", "ends in a NUL"),
        ("cyrillic", ACME_URI, "https://\u0430cme.example/", "has a Cyrillic letter"),
        ("fullwidth", ACME_URI, "https://\uff41cme.example/", "has a full-width letter"),
        ("long_s", "https://class.example/", "https://cla\u017fs.example/", "has a long s"),
        ("unescaped", escaped, "https://acme.example/é%2Fa", "has a letter that is not escaped"),
        ("lower_escape", escaped, "https://acme.example/%c3%a9%2fa", "has escapes in lower case"),
        ("decoded_slash", escaped, "https://acme.example/%C3%A9/a", "has a slash unescaped"),
        ("unicode", "https://xn--caf-dma.example/", "https://café.example/", "is not in Punycode"),
        ("path_case", "https://acme.example/A", "https://acme.example/a", "has a lower-case path"),
        ("did_case", "did:web:Acme", "did:web:acme", "has a lower-case name"),
        ("did_port", "did:web:a.example%3A8", "did:web:a.example:8", "has a colon unescaped"),
    ):
        file, text = make(grantee={1: signed}), f"The address asked about {words}."
        full = f"contract/grantee_spelling_{name}"
        yield wrong_grantee(full, text, spec, flags, file, grantee={"uri": asked})


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
    text = "Spain and Portugal only; asked about SP, which is in ESPT."
    name = "contract/territory_across_codes"
    yield wrong_territory(name, text, spec, flags, limited, territory="SP")
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
