"""The text of a contract (spec §3.8), written a second time and from the specification alone.

It takes claims as cbor2 decodes them and shares nothing with the library or the generator.
check.py compares its texts with those in the vectors, which were written by hand.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

USES = """\
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
""".splitlines()

ERASED = """\
copies of the work, and datasets that hold it
indexes and embeddings made from it
checkpoints of models trained on it, by retiring them
what models learned from it, by retraining their checkpoints without it
""".splitlines()

SHARED = {1: "shared by all works equally", 2: "shared by all works by weight"}
EXPLAINED = """\
A training run is one training that changes the parameters of a model and yields a \
model that is used.
An output is one result that a model delivers, such as one picture or one answer.
Revenue is all that the grantee, and whoever it passes this permission to, receives for outputs \
of, access to or copies of a model or system for which this work was put to a permitted use, \
before costs.
Equally: this work's part is the pool divided by the number of works in the training \
record of the model.
By weight: this work's part is the weight that the grantee's signed report gives it, by a \
method that the report names. All weights together are at most one. What is left of the pool is \
divided equally.
""".splitlines()
DUE = {1: "Once", 2: "For each training run", 3: "For each output of a model"}

Claims = dict[Any, Any]
Lines = Iterator[str]


def render(claims: Claims) -> str:
    """Return the text of a contract with these *claims*."""
    contract = claims[-1455000947]
    sections = (
        beginning(),
        creator(contract[1][0]),
        work(contract[2]),
        grantee(contract),
        uses(contract[4]),
        purpose(contract),
        time_and_place(claims, contract[9]),
        payment(contract[5]),
        credit(contract),
        taking_back(claims, contract),
        erasing(contract),
        about(claims),
    )
    written = ["".join(f"{line}\n" for line in section) for section in sections]
    return "\n".join(section for section in written if section)


def quoted(text: str) -> str:
    """Return a signed text in quotes, escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def counted(number: int, word: str) -> str:
    """Return a number with its unit."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def instant(seconds: int) -> str:
    """Return a time."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def thumbprint(key: Claims) -> str:
    """Return the thumbprint of a COSE_Key in hexadecimal."""
    return sha256(bytes.fromhex("a301012006215820") + key[-2]).hexdigest()


def beginning() -> Lines:
    """Section 1."""
    yield "CONTRACT FOR ONE WORK"
    yield (
        "The creator permits the uses named below, of this one work, to this one grantee,"
        " and nothing else."
    )


def creator(who: Claims) -> Lines:
    """Section 2."""
    yield "CREATOR"
    if 1 in who:
        yield f"Name: {quoted(who[1])}"
    if 4 in who:
        yield f"Signs for: {quoted(who[4])}"
    yield f"Signing key: {thumbprint(who[0])}"
    if 3 in who:
        yield f"Recovery key: {who[3].hex()}"


def work(what: Claims) -> Lines:
    """Section 3."""
    yield "WORK"
    if 1 in what:
        yield f"Title: {quoted(what[1])}"
    if 2 in what:
        yield f"Kind of file: {quoted(what[2])}"
    if 3 in what:
        yield f"Size: {counted(what[3], 'byte')}"
    yield f"Fingerprint (SHA-256): {what[0][1].hex()}"
    digests = {alg: digest.hex() for alg, digest in what.get(4, ())}
    for alg, name in ((-43, "SHA-384"), (-44, "SHA-512")):
        if alg in digests:
            yield f"Fingerprint ({name}): {digests[alg]}"
    for code in what.get(5, ()):
        yield f"Similarity code (ISCC): {quoted(code)}"
    yield (
        "Only the file with exactly this fingerprint is meant. A copy that was changed, resized"
        " or saved again is another work."
    )


def grantee(contract: Claims) -> Lines:
    """Section 4."""
    who = contract[3]
    yield "GRANTEE"
    yield f"Name: {quoted(who[0])}"
    if 1 in who:
        yield f"Address: {quoted(who[1])}"
    if 2 in who:
        yield f"Key: {who[2].hex()}"
    if contract.get(10):
        yield "Exclusive: until the end, the creator grants these uses of this work to nobody else."
    else:
        yield "Not exclusive: the creator may grant the same uses to others."
    if contract.get(11):
        yield "The grantee may pass this permission on, by signed sub-licences that narrow it."
    else:
        yield "The grantee may not pass this permission on."


def uses(bits: int) -> Lines:
    """Section 5."""
    yield "PERMITTED USES"
    yield from (line for bit, line in enumerate(USES) if bits >> bit & 1)
    yield "Every other use is refused."


def purpose(contract: Claims) -> Lines:
    """Section 6, which is optional."""
    if 12 in contract:
        yield "PURPOSE"
        yield "The uses above are permitted only for this purpose, in the creator's words:"
        yield quoted(contract[12])


def time_and_place(claims: Claims, codes: list[str]) -> Lines:
    """Section 7."""
    yield "TIME AND PLACE"
    signed: int = claims[6]
    yield f"Signed: {instant(signed)}"
    yield f"Begins: {instant(claims.get(5, signed))}"
    yield f"Ends: {instant(claims[4])}"
    if claims[4] % 86400 == 0:
        yield f"Last day: {instant(claims[4] - 86400)[:10]}"
    yield "From the moment it ends, it permits nothing."
    world = codes == ["001"]
    yield "Where: in the whole world" if world else f"Where: only in {', '.join(codes)}"


def payment(payments: list[list[Any]]) -> Lines:
    """Section 8."""
    yield "PAYMENT"
    yield "All of the following is due:" if payments else "No payment is due."
    for kind, *parts in payments:
        match kind, parts:
            case 4, [share]:
                yield f"Share of revenue: {percent(share)}"
            case 5, [share, division]:
                pool = f"the pool is {percent(share)}, {SHARED[division]}"
                yield f"A part of a pool of revenue: {pool}"
            case 6, [*amount, division]:
                pool = f"the pool is {money(*amount)}, {SHARED[division]}"
                yield f"A part of a pool for each output of a model: {pool}"
            case _:
                yield f"{DUE[kind]}: {money(*parts)}"
    kinds = {kind for kind, *_ in payments}
    divisions = {parts[-1] for kind, *parts in payments if kind > 4}
    needed = (2 in kinds, kinds & {3, 6}, kinds & {4, 5}, 1 in divisions, 2 in divisions)
    yield from (words for words, is_needed in zip(EXPLAINED, needed, strict=True) if is_needed)


def percent(share: int) -> str:
    """Return a share of so many basis points."""
    return f"{Decimal(share).scaleb(-2):f}".rstrip("0").rstrip(".") + " %"


def money(amount: int, places: int, currency: str) -> str:
    """Return an amount of money."""
    return f"{Decimal(amount).scaleb(-places):f} {currency}"


def credit(contract: Claims) -> Lines:
    """Section 9."""
    yield "CREDIT AND REPORTS"
    if 13 in contract:
        yield f"This credit line must appear: {quoted(contract[13])}"
    else:
        yield "No credit line is required."
    if 14 in contract:
        yield f"A report on the use is due every {counted(contract[14], 'month')}."
    else:
        yield "No report is required."


def taking_back(claims: Claims, contract: Claims) -> Lines:
    """Section 10."""
    yield "TAKING IT BACK"
    mode, days = contract[6]
    if mode == 0:
        yield "The creator cannot take this permission back before it ends."
        return
    if mode == 1:
        yield "The creator can take this permission back at any time and needs no reason."
    else:
        yield "The creator can take this permission back if the grantee breaks these terms."
    yield (
        "Once the status list says it was taken back, no new use may begin, and running uses"
        f" must stop within {counted(days, 'day')}."
    )
    yield "Nothing is permitted while no current status list can be shown."
    reference = claims[65535]["status_list"]
    yield f"Position in the list: {reference['idx']}"
    if 15 in contract:
        yield f"Key that signs the list: {contract[15].hex()}"
    yield f"Status list: {quoted(reference['uri'])}"


def erasing(contract: Claims) -> Lines:
    """Section 11."""
    yield "ERASING"
    if 8 not in contract:
        yield "This contract sets no term for erasing."
        return
    days, what = contract[8]
    yield (
        f"Within {counted(days, 'day')} after the end, or after it was taken back,"
        " the following must be gone:"
    )
    yield from (line for bit, line in enumerate(ERASED) if what >> bit & 1)


def about(claims: Claims) -> Lines:
    """Section 12."""
    yield "ABOUT THIS TEXT"
    if 7 in claims:
        yield f"Salt: {claims[7].hex()}"
    yield "Made from the signed fields alone, by template en-1."
    yield (
        "The signature proves which key signed. It does not prove who holds the key, or that the"
        " signer made the work."
    )
