"""Which keys are believed, and for which works (spec §5 step 4)."""

from collections.abc import Iterator
from functools import partial

from build import (
    ABSENT,
    ACME,
    ANA,
    BEN,
    LIST_KEY,
    RECOVERY,
    SHA256,
    SHA384,
    Vector,
    claims,
    for_works,
    make,
    revocable,
    sign,
    valid,
)

SPEC, FLAGS, OK = "§5 step 4", "belief", "belief accepted"
OTHER = bytes(32)  # the SHA-256 of another work

unknown_creator = partial(Vector, expect="unknown-creator", step=4)
wrong_work = partial(Vector, expect="wrong-work", step=7)


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from creator_believed()
    yield from other_keys_of_the_contract()
    yield from thumbprints()
    yield from named_works()
    yield from named_works_and_the_question()


def creator_believed() -> Iterator[Vector]:
    """Step 4."""
    spec, flags, good = SPEC, FLAGS, make()
    text = "No key is believed."
    yield unknown_creator("contract/no_key_believed", text, spec, flags, good, keys=())
    text = "Another key is believed."
    yield unknown_creator("contract/another_key_believed", text, spec, flags, good, keys=(BEN,))
    text = "Ben signed properly and calls himself Ana Liu; Ana is believed."
    impostor = sign(claims(key=BEN), key=BEN)
    yield unknown_creator("contract/same_name_other_key", text, spec, flags, impostor)
    text = "The recovery key that the contract names is believed; the creator's is not."
    recovery = make(creator={3: RECOVERY.thumbprint})
    name = "contract/only_recovery_key_believed"
    yield unknown_creator(name, text, spec, flags, recovery, keys=(RECOVERY,))
    text = "The list key that the contract names is believed; the creator's is not."
    listed = sign(revocable(terms={15: LIST_KEY.thumbprint}))
    name = "contract/only_list_key_believed"
    yield unknown_creator(name, text, spec, flags, listed, keys=(LIST_KEY,))
    text = "The creator's key is the second of three that are believed."
    three = (BEN, ANA, RECOVERY)
    yield valid("contract/second_key_believed", text, spec, "belief accepted", good, keys=three)


def other_keys_of_the_contract() -> Iterator[Vector]:
    """Keys with another part in the contract, and names, are believed; the creator's is not."""
    text = "The grantee's key is believed; the creator's is not."
    keyed = make(grantee={2: ACME.thumbprint})
    name = "contract/only_grantee_key_believed"
    yield unknown_creator(name, text, SPEC, FLAGS, keyed, keys=(ACME,))
    text = "The grantee's key is believed by its thumbprint; the creator's key is not."
    thumbprint = ACME.thumbprint.hex()
    name = "contract/only_grantee_thumbprint_believed"
    yield unknown_creator(name, text, SPEC, FLAGS, keyed, keys=(thumbprint,))
    text = "The grantee's address is the did:key that is believed."
    addressed = make(grantee={1: ACME.did})
    asked = {"uri": ACME.did}
    name = "contract/only_grantee_did_key_believed"
    yield unknown_creator(name, text, SPEC, FLAGS, addressed, keys=(ACME,), grantee=asked)
    text = "The recovery key is believed by its thumbprint; the creator's key is not."
    recovery = make(creator={3: RECOVERY.thumbprint})
    name, keys = "contract/only_recovery_thumbprint_believed", (RECOVERY.thumbprint.hex(),)
    yield unknown_creator(name, text, SPEC, FLAGS, recovery, keys=keys)
    text = "The list key is believed by its thumbprint; the creator's key is not."
    listed = sign(revocable(terms={15: LIST_KEY.thumbprint}))
    name, keys = "contract/only_list_thumbprint_believed", (LIST_KEY.thumbprint.hex(),)
    yield unknown_creator(name, text, SPEC, FLAGS, listed, keys=keys)
    text = "Ben signed; his name is the did:key of Ana, who is believed."
    named = sign(claims(creator={1: ANA.did}, key=BEN), key=BEN)
    yield unknown_creator("contract/name_is_believed_did_key", text, SPEC, FLAGS, named)
    text = "Ben signed; his name is the thumbprint of Ana, who is believed."
    named = sign(claims(creator={1: ANA.thumbprint.hex()}, key=BEN), key=BEN)
    name, keys = "contract/name_is_believed_thumbprint", (ANA.thumbprint.hex(),)
    yield unknown_creator(name, text, SPEC, FLAGS, named, keys=keys)
    text = "Ben signed; the digest of the work is the thumbprint that is believed."
    odd = sign(claims(work={0: [-16, ANA.thumbprint]}, key=BEN), key=BEN)
    asked_work = {"sha256": ANA.thumbprint.hex()}
    odd_one = partial(unknown_creator, work=asked_work, keys=keys)
    yield odd_one("contract/digest_is_believed_thumbprint", text, SPEC, FLAGS, odd)


def thumbprints() -> Iterator[Vector]:
    """A key is believed by its whole thumbprint."""
    good, own = make(), ANA.thumbprint
    text = "The creator's key is believed by its thumbprint."
    yield valid("contract/thumbprint_believed", text, SPEC, OK, good, keys=(own.hex(),))
    text = "The creator's thumbprint is the second of three that are believed."
    three = tuple(key.thumbprint.hex() for key in (BEN, ANA, RECOVERY))
    yield valid("contract/second_thumbprint_believed", text, SPEC, OK, good, keys=three)
    for name, near, words in (
        ("first_8_bytes", own[:8] + bytes(24), "has only its first 8 bytes, which are kid"),
        ("first_16_bytes", own[:16] + bytes(16), "has only its first 16 bytes"),
        ("last_24_bytes", bytes(8) + own[8:], "has only its last 24 bytes"),
        ("but_last_bit", own[:31] + bytes([own[31] ^ 1]), "has all but its last bit"),
        ("reversed", own[::-1], "has its bytes in reverse order"),
        ("key_itself", ANA.public, "is the public key x itself"),
    ):
        text = f"What is believed is no thumbprint of the creator's key: it {words}."
        label = f"contract/thumbprint_{name}"
        yield unknown_creator(label, text, SPEC, FLAGS, good, keys=(near.hex(),))


def named_works() -> Iterator[Vector]:
    """A key that is believed for named works only."""
    good, whole = make(), SHA256
    for form, key in (("did_key", ANA.did), ("thumbprint", ANA.thumbprint.hex())):
        words = form.replace("_", ":")
        text = f"The creator's {words} is believed for this work."
        believed = for_works(key, whole)
        label = f"contract/works_{form}_this"
        yield valid(label, text, SPEC, OK, good, keys=(believed,))
        text = f"The creator's {words} is believed for another work only."
        believed = for_works(key, OTHER)
        label = f"contract/works_{form}_other"
        yield unknown_creator(label, text, SPEC, FLAGS, good, keys=(believed,))
        text = f"The creator's {words} is believed for no work: the list of works is empty."
        believed = for_works(key)
        label = f"contract/works_{form}_none"
        yield unknown_creator(label, text, SPEC, FLAGS, good, keys=(believed,))
    text = "The creator's key is believed for three works; the second is this one."
    believed = for_works(ANA, OTHER, whole, ANA.thumbprint)
    yield valid("contract/works_second_of_three", text, SPEC, OK, good, keys=(believed,))
    text = "The creator is believed for this work; another key, given after it, is not."
    two = (for_works(ANA, whole), for_works(BEN, OTHER))
    yield valid("contract/works_first_of_two_keys", text, SPEC, OK, good, keys=two)
    text = "Ben is believed for this work, Ana for another; Ana signed."
    two = (for_works(ANA, OTHER), for_works(BEN, whole))
    yield unknown_creator("contract/works_of_another_key", text, SPEC, FLAGS, good, keys=two)
    text = "Ben is believed for every work, Ana for another than this; Ana signed."
    name, keys = "contract/works_every_of_another_key", (BEN, for_works(ANA, OTHER))
    yield unknown_creator(name, text, SPEC, FLAGS, good, keys=keys)
    both = (ANA, for_works(ANA, OTHER))
    text = "The key is believed for every work, and for another work than this: the latter counts."
    yield unknown_creator("contract/works_every_and_other", text, "§5.1", FLAGS, good, keys=both)
    text = "The key is believed for another work than this, and for every work: the former counts."
    name = "contract/works_other_and_every"
    yield unknown_creator(name, text, "§5.1", FLAGS, good, keys=both[::-1])
    for name, near, words in (
        ("first_8_bytes", whole[:8] + bytes(24), "begins with the same 8 bytes"),
        ("but_last_bit", whole[:31] + bytes([whole[31] ^ 1]), "differs in its last bit"),
        ("first_of_sha384", SHA384[:32], "is the first 32 bytes of its SHA-384"),
    ):
        text = f"The creator's key is believed for a work whose SHA-256 {words}."
        believed = for_works(ANA, near)
        label = f"contract/works_{name}"
        file = make(work={4: [[-43, SHA384]]})
        yield unknown_creator(label, text, SPEC, FLAGS, file, keys=(believed,))


def named_works_and_the_question() -> Iterator[Vector]:
    """The contract's work counts for step 4, whatever is asked."""
    good = make()
    text = "The key is believed for the work asked about; the contract is for another."
    keys, asked = (for_works(ANA, OTHER),), {"sha256": OTHER.hex()}
    name = "contract/works_asked_about"
    yield unknown_creator(name, text, SPEC, FLAGS, good, keys=keys, work=asked)
    text = "The key is believed for the contract's work; another is asked about."
    keys = (for_works(ANA, SHA256),)
    name, spec = "contract/works_of_the_contract", "§5 step 7"
    yield wrong_work(name, text, spec, "belief work", good, keys=keys, work=asked)
    text = "The key is believed for another work; the work is not asked about."
    keys, name = (for_works(ANA, OTHER),), "contract/works_other_not_asked"
    yield unknown_creator(name, text, SPEC, "belief not-asked", good, keys=keys, work=None)
    text = "The key is believed for the contract's work, which is not asked about."
    keys, name = (for_works(ANA, SHA256),), "contract/works_this_not_asked"
    flags = "belief not-asked accepted"
    yield Vector(name, text, SPEC, flags, good, "authentic", keys=keys, work=None)
    text = "The key is believed for the grantee's thumbprint, as if that were a work."
    alone = make(grantee={1: ABSENT, 2: ACME.thumbprint})
    keys, by_key = (for_works(ANA, ACME.thumbprint),), {"key": ACME.thumbprint.hex()}
    name = "contract/works_thumbprint_of_grantee"
    yield unknown_creator(name, text, SPEC, FLAGS, alone, keys=keys, grantee=by_key)
