"""Rendered texts: each branch of template en-1, every line written by hand (spec §3.8).

`PLAIN` and `FULL` are whole texts. The other scenarios give only the section that differs.
"""

from collections.abc import Iterator
from functools import partial

from build import (
    ABSENT,
    ACME,
    ANA,
    LAST_TIME,
    LIST_KEY,
    LIST_URI,
    NOW,
    RECOVERY,
    SHA384,
    SHA512,
    STATUS,
    File,
    Key,
    Map,
    Vector,
    make,
    revocable,
    sign,
    status_claim,
    valid,
)
from status_rules import LISTED, list_claims, sign_list

PLAIN = """\
CONTRACT FOR ONE WORK
The creator permits the uses named below, of this one work, to this one grantee, and nothing else.

CREATOR
Name: "Ana Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743

WORK
Title: "Harbour at dawn"
Kind of file: "text/plain"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.

GRANTEE
Name: "Acme Labs"
Address: "https://acme.example/"
Not exclusive: the creator may grant the same uses to others.
The grantee may not pass this permission on.

PERMITTED USES
pretrain: initial training of a model that can generate content
Every other use is refused.

TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-01-01 00:00:00 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: in the whole world

PAYMENT
No payment is due.

CREDIT AND REPORTS
No credit line is required.
No report is required.

TAKING IT BACK
The creator cannot take this permission back before it ends.

ERASING
This contract sets no term for erasing.

ABOUT THIS TEXT
Made from the signed fields alone, by template en-1.
The signature proves which key signed. It does not prove who holds the key, or that the signer \
made the work.
"""

SHORTEST = """\
CONTRACT FOR ONE WORK
The creator permits the uses named below, of this one work, to this one grantee, and nothing else.

CREATOR
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743

WORK
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.

GRANTEE
Name: "A"
Address: "did:web:a.example"
Not exclusive: the creator may grant the same uses to others.
The grantee may not pass this permission on.

PERMITTED USES
evaluate: test or benchmark use, no parameter changes
Every other use is refused.

TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-01-01 00:00:00 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: in the whole world

PAYMENT
No payment is due.

CREDIT AND REPORTS
No credit line is required.
No report is required.

TAKING IT BACK
The creator cannot take this permission back before it ends.

ERASING
This contract sets no term for erasing.

ABOUT THIS TEXT
Made from the signed fields alone, by template en-1.
The signature proves which key signed. It does not prove who holds the key, or that the signer \
made the work.
"""

FULL = """\
CONTRACT FOR ONE WORK
The creator permits the uses named below, of this one work, to this one grantee, and nothing else.

CREATOR
Name: "Ana Liu"
Signs for: "The estate of Wu Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
Recovery key: 5c840f7a40230170abdee5151a594efdf270f7a89825f5c310badf6b589c5c59

WORK
Title: "Harbour at dawn"
Kind of file: "text/plain"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Fingerprint (SHA-384): 8edd71f75a1f1252e5015ce8d45965e7eb4ea2ae0a9c10185e3aeba1c6a7e97c071bf77f\
00e8305f30a8079523b5f7f0
Fingerprint (SHA-512): 951ca955514cfd4a84858215ea658824bc8de1347c5af322bdb8ab3c8e88bcc32a8d5764\
a6dedbc524473bf7a381bc260eb66df59c63c0cafc97923fbacd108f
Similarity code (ISCC): "ISCC:KACYPXW445FTYNJ3"
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.

GRANTEE
Name: "Acme Labs"
Address: "https://acme.example/"
Key: 291f27e1cc8458be87633c7faad92d9f0619a9c217407879ed223549c01dfb78
Exclusive: until the end, the creator grants these uses of this work to nobody else.
The grantee may pass this permission on, by signed sub-licences that narrow it.

PERMITTED USES
pretrain: initial training of a model that can generate content
finetune: further training of a model that can generate content (adapters and preference tuning too)
imitate: outputs offered as in the style, voice, likeness or character of the work or creator
Every other use is refused.

PURPOSE
The uses above are permitted only for this purpose, in the creator's words:
"Subtitles for the museum of the sea."

TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-02-01 12:30:05 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: only in ES, PT

PAYMENT
All of the following is due:
Share of revenue: 2.5 %
A part of a pool of revenue: the pool is 30 %, shared by all works equally
Once: 500 EUR
For each output of a model: 0.0005 EUR
A part of a pool for each output of a model: the pool is 0.05 EUR, shared by all works by weight
An output is one result that a model delivers, such as one picture or one answer.
Revenue is all that the grantee, and whoever it passes this permission to, receives for outputs \
of, access to or copies of a model or system for which this work was put to a permitted use, \
before costs.
Equally: this work's part is the pool divided by the number of works in the training record of \
the model.
By weight: this work's part is the weight that the grantee's signed report gives it, by a method \
that the report names. All weights together are at most one. What is left of the pool is divided \
equally.

CREDIT AND REPORTS
This credit line must appear: "Photo: Ana Liu"
A report on the use is due every 3 months.

TAKING IT BACK
The creator can take this permission back at any time and needs no reason.
Once the status list says it was taken back, no new use may begin, and running uses must stop \
within 30 days.
Nothing is permitted while no current status list can be shown.
Position in the list: 9
Key that signs the list: 51d53691575b17e32587f41e5b9c85feeec5cccd5c0826be4abd2dfe7d33a6ee
Status list: "https://ana.example/consent/list"

ERASING
Within 90 days after the end, or after it was taken back, the following must be gone:
copies of the work, and datasets that hold it
indexes and embeddings made from it
checkpoints of models trained on it, by retiring them
what models learned from it, by retraining their checkpoints without it

ABOUT THIS TEXT
Salt: 000102030405060708090a0b0c0d0e0f
Made from the signed fields alone, by template en-1.
The signature proves which key signed. It does not prove who holds the key, or that the signer \
made the work.
"""

# The sections of PLAIN by their headings, for the scenarios that replace one of them.
SECTIONS = {part.partition("\n")[0]: part for part in PLAIN.removesuffix("\n").split("\n\n")}


def text_with(*sections: str) -> str:
    """Return PLAIN with each of *sections* in place of the section with the same heading.

    PURPOSE, which PLAIN does not have, comes after the uses.
    """
    parts = dict(SECTIONS)
    for section in sections:
        lines = section.removesuffix("\n")
        heading = lines.partition("\n")[0]
        if heading == "PURPOSE":
            parts["PERMITTED USES"] += "\n\n" + lines
        else:
            assert heading in parts
            parts[heading] = lines
    return "\n\n".join(parts.values()) + "\n"


def vectors() -> Iterator[Vector]:
    """Yield every scenario of this file."""
    yield from whole()
    yield from people()
    yield from works()
    yield from uses()
    yield from times()
    yield from places()
    yield from credits_and_reports()
    yield from taking_back()
    yield from erasing()
    yield from salt()
    yield from strange_words()


def shown(name: str, comment: str, file: File, *sections: str, at: int = NOW) -> Vector:
    """Return a scenario whose text differs from PLAIN in *sections*."""
    flags, text = "rendering accepted", text_with(*sections)
    work_alone = partial(Vector, grantee=None, use=None, territory=None)
    return work_alone(f"text/{name}", comment, "§3.8", flags, file, "authentic", at=at, text=text)


def whole() -> Iterator[Vector]:
    """The everyday text, the shortest, and one with a line for every optional field."""
    flags, spec = "rendering accepted", "§3.8"
    text = "The everyday contract."
    yield valid("text/plain", text, spec, flags, make(), text=PLAIN)
    bare: Map = {1: ABSENT, 2: ABSENT, 3: ABSENT}
    grantee: Map = {0: "A", 1: "did:web:a.example"}
    short = make(terms={4: 8}, creator={1: ABSENT}, work=bare, grantee=grantee)
    asked = {"uri": "did:web:a.example"}
    text = "A contract with nothing optional."
    yield valid(
        "text/shortest", text, spec, flags, short, text=SHORTEST, grantee=asked, use="evaluate"
    )
    yield everyday()
    text = "A contract with every optional field."
    file, lists = sign(full_claims()), (by_list_key(),)
    yield valid("text/full", text, spec, flags, file, text=FULL, lists=lists, as_of=LISTED)


def everyday() -> Vector:
    """Return the example at the head of the specification."""
    terms: Map = {4: 3, 5: [[1, 500, 0, "EUR"]], 8: [90, 3], 13: "Photo: Ana Liu"}
    file = sign(revocable(terms=terms, creator={3: RECOVERY.thumbprint}))
    creator = """\
CREATOR
Name: "Ana Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
Recovery key: 5c840f7a40230170abdee5151a594efdf270f7a89825f5c310badf6b589c5c59
"""
    uses = """\
PERMITTED USES
pretrain: initial training of a model that can generate content
finetune: further training of a model that can generate content (adapters and preference tuning too)
Every other use is refused.
"""
    payment = "PAYMENT\nAll of the following is due:\nOnce: 500 EUR\n"
    credit = """\
CREDIT AND REPORTS
This credit line must appear: "Photo: Ana Liu"
No report is required.
"""
    back = AT_WILL.format(days="30 days", idx=9, uri=LIST_URI)
    erasing = """\
ERASING
Within 90 days after the end, or after it was taken back, the following must be gone:
copies of the work, and datasets that hold it
indexes and embeddings made from it
"""
    comment = "The example at the head of the specification."
    text = text_with(creator, uses, payment, credit, back, erasing)
    lists = (sign_list(list_claims()),)
    flags = "rendering accepted"
    return valid(
        "text/everyday", comment, "§3.8", flags, file, text=text, lists=lists, as_of=LISTED
    )


def by_list_key() -> bytes:
    """Return a list of the list key."""
    return sign_list(list_claims(key=LIST_KEY), LIST_KEY)


def full_claims() -> Map:
    """Return claims with every optional field."""
    terms: Map = {
        4: 1 + 2 + 64,
        5: [[4, 250], [5, 3000, 1], [1, 500, 0, "EUR"], [3, 5, 4, "EUR"], [6, 5, 2, "EUR", 2]],
        8: [90, 15],
        9: ["ES", "PT"],
        10: True,
        11: True,
        12: "Subtitles for the museum of the sea.",
        13: "Photo: Ana Liu",
        14: 3,
        15: LIST_KEY.thumbprint,
    }
    top: Map = {5: 1769949005, 7: bytes(range(16))}  # 2026-02-01T12:30:05Z
    work: Map = {4: [[-43, SHA384], [-44, SHA512]], 5: ["ISCC:KACYPXW445FTYNJ3"]}
    creator: Map = {3: RECOVERY.thumbprint, 4: "The estate of Wu Liu"}
    return revocable(top, terms, creator=creator, work=work, grantee={2: ACME.thumbprint})


def people() -> Iterator[Vector]:
    """CREATOR and GRANTEE."""
    section = """\
CREATOR
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
"""
    file = make(creator={1: ABSENT})
    yield shown("creator_without_name", "The creator has no name.", file, section)
    section = """\
CREATOR
Name: "Ana Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
Recovery key: 5c840f7a40230170abdee5151a594efdf270f7a89825f5c310badf6b589c5c59
"""
    file = make(creator={3: RECOVERY.thumbprint})
    yield shown("recovery_key", "A recovery key.", file, section)
    section = """\
CREATOR
Name: "Ana Liu"
Signs for: "The estate of Wu Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
"""
    file = make(creator={4: "The estate of Wu Liu"})
    yield shown("acts_for", "The signer signs for somebody.", file, section)
    section = """\
CREATOR
Signs for: "Ana \\"Wu\\" Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
"""
    file = make(creator={1: ABSENT, 4: 'Ana "Wu" Liu'})
    yield shown("acts_for_without_name", "Who signs for somebody gives no name.", file, section)
    section = """\
GRANTEE
Name: "Acme Labs"
Address: "did:web:acme.example:labs"
Not exclusive: the creator may grant the same uses to others.
The grantee may not pass this permission on.
"""
    file = make(grantee={1: "did:web:acme.example:labs"})
    yield shown("grantee_did", "The grantee's address is a did.", file, section)
    section = """\
GRANTEE
Name: "Acme Labs"
Key: 291f27e1cc8458be87633c7faad92d9f0619a9c217407879ed223549c01dfb78
Not exclusive: the creator may grant the same uses to others.
The grantee may not pass this permission on.
"""
    file = make(grantee={1: ABSENT, 2: ACME.thumbprint})
    yield shown("grantee_key_only", "The grantee has a key and no address.", file, section)
    section = """\
GRANTEE
Name: "Acme Labs"
Address: "https://acme.example/"
Exclusive: until the end, the creator grants these uses of this work to nobody else.
The grantee may not pass this permission on.
"""
    yield shown("exclusive", "The contract is exclusive.", make(terms={10: True}), section)
    section = """\
GRANTEE
Name: "Acme Labs"
Address: "https://acme.example/"
Not exclusive: the creator may grant the same uses to others.
The grantee may pass this permission on, by signed sub-licences that narrow it.
"""
    yield shown("pass_on", "The permission may be passed on.", make(terms={11: True}), section)


WORK = """\
WORK
{}
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.
"""


def works() -> Iterator[Vector]:
    """WORK."""
    sha256 = "0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767"
    sha384 = (
        "8edd71f75a1f1252e5015ce8d45965e7eb4ea2ae0a9c10185e3aeba1c6a7e97c"
        "071bf77f00e8305f30a8079523b5f7f0"
    )
    sha512 = (
        "951ca955514cfd4a84858215ea658824bc8de1347c5af322bdb8ab3c8e88bcc3"
        "2a8d5764a6dedbc524473bf7a381bc260eb66df59c63c0cafc97923fbacd108f"
    )
    bare: Map = {1: ABSENT, 2: ABSENT, 3: ABSENT}
    for name, words, size, line in (
        ("size_0", "A size of 0.", 0, "Size: 0 bytes"),
        ("size_1", "A size of 1: the singular.", 1, "Size: 1 byte"),
        ("size_largest", "The largest size.", 2**53 - 1, "Size: 9007199254740991 bytes"),
    ):
        section = WORK.format(f"{line}\nFingerprint (SHA-256): {sha256}")
        yield shown(name, words, make(work={**bare, 3: size}), section)
    section = WORK.format(f"Fingerprint (SHA-256): {sha256}\nFingerprint (SHA-384): {sha384}")
    file = make(work={**bare, 4: [[-43, SHA384]]})
    yield shown("sha384", "A further digest: SHA-384.", file, section)
    section = WORK.format(f"Fingerprint (SHA-256): {sha256}\nFingerprint (SHA-512): {sha512}")
    file = make(work={**bare, 4: [[-44, SHA512]]})
    yield shown("sha512", "A further digest: SHA-512.", file, section)
    section = WORK.format(
        f'Kind of file: "image/svg+xml"\nFingerprint (SHA-256): {sha256}\n'
        'Similarity code (ISCC): "ISCC:ZACYPXW445"\n'
        'Similarity code (ISCC): "ISCC:KACYPXW445FTYNJ3"'
    )
    codes = ["ISCC:ZACYPXW445", "ISCC:KACYPXW445FTYNJ3"]
    file = make(work={**bare, 2: "image/svg+xml", 5: codes})
    yield shown("iscc_two", "Two ISCC codes in the order given.", file, section)


ALL_USES = """\
PERMITTED USES
pretrain: initial training of a model that can generate content
finetune: further training of a model that can generate content (adapters and preference tuning too)
train-nongen: training a model that cannot generate content (classify, rank, detect, score)
evaluate: test or benchmark use, no parameter changes
ground: selected by the system as input at inference (retrieval, context, tool result)
index: an embedding or search index that returns a reference or the work
imitate: outputs offered as in the style, voice, likeness or character of the work or creator
distill: outputs of a model trained on the work used to train another model
synthesize: the work, or a model given the work, used to make synthetic training data
redistribute: handing the work's bytes to third parties inside a dataset
Every other use is refused.
"""

PURPOSE = """\
PURPOSE
The uses above are permitted only for this purpose, in the creator's words:
"A voice guide for one museum."
"""


def uses() -> Iterator[Vector]:
    """PERMITTED USES and PURPOSE."""
    file = make(terms={4: 1023, 12: "A voice guide for one museum."})
    yield shown("uses_all", "All ten uses, with a purpose.", file, ALL_USES, PURPOSE)
    section = """\
PERMITTED USES
train-nongen: training a model that cannot generate content (classify, rank, detect, score)
index: an embedding or search index that returns a reference or the work
Every other use is refused.
"""
    yield shown(
        "uses_two", "Two uses, in the order of their codes.", make(terms={4: 4 + 32}), section
    )
    file = make(terms={12: "A voice guide for one museum."})
    yield shown("purpose", "A purpose where none is required.", file, PURPOSE)


def times() -> Iterator[Vector]:
    """TIME AND PLACE: times."""
    section = """\
TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-06-30 23:59:59 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: in the whole world
"""
    file = make({5: NOW - 1})
    yield shown("begins_later", "It begins after it was signed.", file, section)
    section = """\
TIME AND PLACE
Signed: 2024-02-29 08:09:10 UTC
Begins: 2024-02-29 08:09:10 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: in the whole world
"""
    yield shown("leap_day", "Signed on a leap day.", make({6: 1709194150}), section)
    section = """\
TIME AND PLACE
Signed: 1970-01-01 00:00:00 UTC
Begins: 1970-01-01 00:00:00 UTC
Ends: 2020-01-02 00:00:00 UTC
Last day: 2020-01-01
From the moment it ends, it permits nothing.
Where: in the whole world
"""
    file = make({6: 0, 4: 1577923200})
    yield shown("first_time", "Signed at the earliest possible time.", file, section, at=1)
    section = """\
TIME AND PLACE
Signed: 9999-12-31 23:59:58 UTC
Begins: 9999-12-31 23:59:58 UTC
Ends: 9999-12-31 23:59:59 UTC
From the moment it ends, it permits nothing.
Where: in the whole world
"""
    file = make({6: LAST_TIME - 1, 4: LAST_TIME})
    words = "It ends at the latest possible time."
    yield shown("last_time", words, file, section, at=LAST_TIME - 1)
    for name, words, exp, lines in (
        ("ends_at_noon", "at noon", 1798761600 - 43200, "Ends: 2026-12-31 12:00:00 UTC"),
        ("ends_after_midnight", "at 00:00:01", 1798761601, "Ends: 2027-01-01 00:00:01 UTC"),
        ("ends_before_midnight", "at 23:59:59", 1798761599, "Ends: 2026-12-31 23:59:59 UTC"),
        (
            "ends_after_29_february",
            "on 1 March of a leap year",
            1835481600,
            "Ends: 2028-03-01 00:00:00 UTC\nLast day: 2028-02-29",
        ),
    ):
        section = f"""\
TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-01-01 00:00:00 UTC
{lines}
From the moment it ends, it permits nothing.
Where: in the whole world
"""
        yield shown(name, f"It ends {words}.", make({4: exp}), section)


def places() -> Iterator[Vector]:
    """TIME AND PLACE: places."""
    section = """\
TIME AND PLACE
Signed: 2026-01-01 00:00:00 UTC
Begins: 2026-01-01 00:00:00 UTC
Ends: 2027-01-01 00:00:00 UTC
Last day: 2026-12-31
From the moment it ends, it permits nothing.
Where: only in {}
"""
    file = make(terms={9: ["PT"]})
    yield shown("territory_one", "One country.", file, section.format("PT"))
    file = make(terms={9: ["AT", "CH", "DE"]})
    yield shown("territory_three", "Three countries.", file, section.format("AT, CH, DE"))


def credits_and_reports() -> Iterator[Vector]:
    """CREDIT AND REPORTS."""
    section = """\
CREDIT AND REPORTS
This credit line must appear: "Ana Liu, 2026"
No report is required.
"""
    yield shown("credit", "A credit line.", make(terms={13: "Ana Liu, 2026"}), section)
    for months, words in ((1, "1 month"), (12, "12 months")):
        section = f"""\
CREDIT AND REPORTS
No credit line is required.
A report on the use is due every {words}.
"""
        yield shown(f"report_{months}", f"A report every {words}.", report(months), section)


def report(months: int) -> File:
    """Return a contract that requires a report every *months* months."""
    return make(terms={14: months})


AT_WILL = """\
TAKING IT BACK
The creator can take this permission back at any time and needs no reason.
Once the status list says it was taken back, no new use may begin, and running uses must stop \
within {days}.
Nothing is permitted while no current status list can be shown.
Position in the list: {idx}
Status list: "{uri}"
"""

FOR_BREACH = """\
TAKING IT BACK
The creator can take this permission back if the grantee breaks these terms.
Once the status list says it was taken back, no new use may begin, and running uses must stop \
within 3650 days.
Nothing is permitted while no current status list can be shown.
Position in the list: 9
Status list: "https://ana.example/consent/list"
"""

WITH_LIST_KEY = """\
TAKING IT BACK
The creator can take this permission back at any time and needs no reason.
Once the status list says it was taken back, no new use may begin, and running uses must stop \
within 30 days.
Nothing is permitted while no current status list can be shown.
Position in the list: 9
Key that signs the list: 51d53691575b17e32587f41e5b9c85feeec5cccd5c0826be4abd2dfe7d33a6ee
Status list: "https://ana.example/consent/list"
"""


def taking_back() -> Iterator[Vector]:
    """TAKING IT BACK."""
    for name, days, idx, uri, words in (
        ("at_will", 30, 9, LIST_URI, "30 days"),
        ("at_will_one_day", 1, 0, LIST_URI, "1 day"),
        ("list_urn", 14, 31, "urn:example:ana:list", "14 days"),
        ("list_did", 365, 7, "did:web:ana.example", "365 days"),
    ):
        file = sign(revocable({STATUS: status_claim(idx, uri)}, {6: [1, days]}))
        section = AT_WILL.format(days=words, idx=idx, uri=uri)
        comment = f"Revocable at will, within {words}; position {idx} of {uri}."
        yield with_list(shown(name, comment, file, section), uri, ANA)
    file = sign(revocable(terms={6: [2, 3650]}))
    yield with_list(shown("for_breach", "Revocable for breach.", file, FOR_BREACH), LIST_URI, ANA)
    file = sign(revocable(terms={15: LIST_KEY.thumbprint}))
    vector = shown("list_key", "Another key signs the list.", file, WITH_LIST_KEY)
    yield with_list(vector, LIST_URI, LIST_KEY)


def with_list(vector: Vector, uri: str, key: Key) -> Vector:
    """Return *vector* with a list that says valid."""
    data = sign_list(list_claims(key=key, top={2: uri}), key)
    return Vector(**{**vars(vector), "lists": (data,), "as_of": LISTED})


def erasing() -> Iterator[Vector]:
    """ERASING."""
    for bit, name, line in (
        (1, "copies", "copies of the work, and datasets that hold it"),
        (2, "indexes", "indexes and embeddings made from it"),
        (4, "retire", "checkpoints of models trained on it, by retiring them"),
        (8, "retrain", "what models learned from it, by retraining their checkpoints without it"),
    ):
        section = f"""\
ERASING
Within 30 days after the end, or after it was taken back, the following must be gone:
{line}
"""
        file = make(terms={8: [30, bit]})
        yield shown(f"erasure_{name}", f"Erasure bit {bit}.", file, section)
    section = """\
ERASING
Within 1 day after the end, or after it was taken back, the following must be gone:
copies of the work, and datasets that hold it
what models learned from it, by retraining their checkpoints without it
"""
    file = make(terms={8: [1, 9]})
    yield shown("erasure_one_day", "Two erasure bits, within one day.", file, section)


def salt() -> Iterator[Vector]:
    """ABOUT THIS TEXT."""
    section = """\
ABOUT THIS TEXT
Salt: 00112233445566778899aabbccddeeff
Made from the signed fields alone, by template en-1.
The signature proves which key signed. It does not prove who holds the key, or that the signer \
made the work.
"""
    file = make({7: bytes.fromhex("00112233445566778899aabbccddeeff")})
    yield shown("salt", "A salt.", file, section)


TITLED = """\
WORK
Title: {}
Kind of file: "text/plain"
Size: 15 bytes
Fingerprint (SHA-256): 0626f0a36cd325edfdb3f334177fb4487590fc2c8eaf0a91b4d023d3a9270767
Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved \
again is another work.
"""

TITLES = (
    ("quote", 'The "harbour"', r'"The \"harbour\""', "Quotes are escaped."),
    ("backslash", "C:\\dawn\\", r'"C:\\dawn\\"', "Backslashes are escaped."),
    ("backslash_quote", '\\"', r'"\\\""', "A backslash before a quote: both are escaped."),
    ("backslash_n", "a\\nb", r'"a\\nb"', "A backslash and an n do not become a line feed."),
    (
        "forged_term",
        'Dawn" Every use is permitted. "',
        r'"Dawn\" Every use is permitted. \""',
        "A title that tries to pose as a term.",
    ),
    ("braces", "{name} %s $1", '"{name} %s $1"', "Placeholders of other template languages."),
    ("markup", "<b>Dawn</b> &amp;", '"<b>Dawn</b> &amp;"', "Markup is shown as it is."),
    ("persian", "می\u200cخواهم", '"می\u200cخواهم"', "Persian, with its non-joiner."),
    ("emoji", "Harbour \U0001f305", '"Harbour \U0001f305"', "A character beyond the BMP."),
)


def strange_words() -> Iterator[Vector]:
    """Signed texts in quotes, with their escapes."""
    for name, title, quoted, words in TITLES:
        file = make(work={1: title})
        yield shown(f"title_{name}", words, file, TITLED.replace("{}", quoted))
    section = """\
CREATOR
Name: "Ana \\"Nana\\" Liu"
Signing key: 866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743
"""
    file = make(creator={1: 'Ana "Nana" Liu'})
    yield shown("name_quote", "Quotes in the creator's name.", file, section)
    section = """\
PURPOSE
The uses above are permitted only for this purpose, in the creator's words:
"\\"All\\" means \\\\all."
"""
    file = make(terms={12: '"All" means \\all.'})
    yield shown("purpose_quote", "Quotes and a backslash in the purpose.", file, section)
    section = """\
CREDIT AND REPORTS
This credit line must appear: "\\"Dawn\\""
No report is required.
"""
    file = make(terms={13: '"Dawn"'})
    yield shown("credit_quote", "Quotes in the credit line.", file, section)
