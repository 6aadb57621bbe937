// Batches (spec §12): what the verifier says of honest and hostile ones. They are made by batches.mjs.
//   node --test tests/web/batch.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import * as lib from "../../src/consentsig/web/consentsig.mjs";
import * as make from "./batches.mjs";

const { ANA, BEN, PRIVATE } = make;
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const works = Array.from({ length: 13 }, (_, n) => `work ${n}`);
const leavesOf = (count) => make.ordered(works.slice(0, count).map((work) => make.leaf(work)));
const LEAVES = leavesOf(13);
const question = (more) => ({ keys: [ANA.thumbprint, BEN.thumbprint], work: lib.NOT_ASKED, grantee: { uri: "https://acme.example/" },
  use: "finetune", territory: "none", at: "2026-06-01T00:00:00Z", status: [], ...more });
const workOf = (payload) => hex(lib.decode(payload).get(PRIVATE).get(2).get(0)[1]);
const judge = (bytes, more) => lib.judgeContract(bytes, question(more));

// --- one contract of a batch ---

test("every contract of batches of many sizes is a yes for its work, and only for it", async () => {
  for (let size = 2; size <= 13; size++) {
    const leaves = leavesOf(size);
    for (const index of leaves.keys()) {
      const bytes = make.contractOf(leaves, index);
      const answer = await judge(bytes, { work: { sha256: workOf(leaves[index]) } });
      assert.equal(answer.result, "valid", `${index} of ${size}: ${answer.message}`);
      assert.equal(answer.contractId, hex(make.sha256(leaves[index])));
      assert.deepEqual(answer.contract.batch, { size, root: hex(make.rootOf(leaves)), index, path: make.pathOf(index, leaves).map(hex) });
      assert.deepEqual(Buffer.from(answer.contract.payload), leaves[index]);
      assert.equal((await judge(bytes, { work: { sha256: "00".repeat(32) } })).result, "wrong-work");
    }
  }
});

test("a contract of a batch reads as the same contract signed alone", async () => {
  const alone = await lib.parseContract(make.envelope(LEAVES[5]));
  const bytes = make.contractOf(LEAVES, 5);
  const together = await lib.parseContract(bytes);
  assert.equal(together.contractId, alone.contractId);
  assert.equal(lib.render(together.terms), lib.render(alone.terms));
  assert.deepEqual(together.payload, alone.payload);
  assert.equal(alone.batch, null);
  assert.equal((await lib.verifyContract(make.envelope(LEAVES[5]), question())).batch, null);
  assert.deepEqual(together.sign1.payload, Uint8Array.from(make.headClaims(13, make.rootOf(LEAVES))));
  assert.equal((await judge(lib.fromLine(lib.toLine(bytes)))).result, "authentic");
});

test("a contract of the largest batch is a yes", async () => {
  const path = Array.from({ length: 17 }, (_, n) => Buffer.alloc(32, n));
  const root = path.reduce((hash, sibling) => make.nodeHash(hash, sibling), make.leafHash(LEAVES[0]));
  assert.equal((await judge(make.contractOf(LEAVES, 0, { size: 131072, at: 0, path, root }))).result, "authentic");
  const last = path.reduce((hash, sibling) => make.nodeHash(sibling, hash), make.leafHash(LEAVES[0]));
  assert.equal((await judge(make.contractOf(LEAVES, 0, { size: 131072, at: 131071, path, root: last }))).result, "authentic");
  assert.equal((await judge(make.contractOf(LEAVES, 0, { size: 131072, at: 131072, path, root: last }))).result, "malformed");
});

const path4 = make.pathOf(4, LEAVES);
/** A batch of thirteen in which the fifth contract is another. */
const among = (payload, options) => {
  const leaves = [...LEAVES];
  leaves[4] = payload;
  return make.contractOf(leaves, 4, options);
};
const bare = make.envelope(make.headClaims(13, make.rootOf(LEAVES)));
const unsalted = make.leaf("work 4", { change: (claims) => claims.delete(7) });
const extra = (payload) => Buffer.concat([payload, Buffer.of(0)]);
const deep = (levels) => new make.Raw(Buffer.concat([Buffer.alloc(levels, 0x81), Buffer.of(0)]));

/** What is wrong, and the code and step it gets. */
const ANSWERS = {
  "the head alone": [bare, "malformed", 2],
  "a path too long": [make.contractOf(LEAVES, 4, { path: [...path4, Buffer.alloc(32)] }), "malformed", 2],
  "a path too short": [make.contractOf(LEAVES, 4, { path: path4.slice(0, -1) }), "malformed", 2],
  "no path": [make.contractOf(LEAVES, 4, { path: [] }), "malformed", 2],
  "a path for another index": [make.contractOf(LEAVES, 4, { path: make.pathOf(5, LEAVES) }), "bad-signature", 3],
  "a path for a smaller size": [make.contractOf(LEAVES, 4, { size: 17 }), "malformed", 2],
  "a path for a greater size": [make.contractOf(LEAVES, 12, { path: make.pathOf(12, [...LEAVES, LEAVES[0]]) }), "malformed", 2],
  "a signed size that is not true but fits the path": [make.contractOf(LEAVES, 4, { size: 12 }), "authentic", null],
  "a hash of 31 bytes": [make.contractOf(LEAVES, 4, { path: [path4[0].subarray(1), ...path4.slice(1)] }), "malformed", 2],
  "a hash that is a text": [make.contractOf(LEAVES, 4, { path: ["00", ...path4.slice(1)] }), "malformed", 2],
  "an index out of range": [make.contractOf(LEAVES, 4, { at: 13 }), "malformed", 2],
  "an index below nothing": [make.contractOf(LEAVES, 4, { at: -1 }), "malformed", 2],
  "another index": [make.contractOf(LEAVES, 4, { at: 5 }), "bad-signature", 3],
  "another contract in the place": [make.contractOf(LEAVES, 4, { payload: LEAVES[5] }), "bad-signature", 3],
  "an index as a text": [make.contractOf(LEAVES, 4, { at: "4" }), "malformed", 2],
  "an index that is true": [make.contractOf(LEAVES, 1, { at: true }), "malformed", 2],
  "a place of two items": [make.contractOf(LEAVES, 4, { place: [LEAVES[4], 4] }), "malformed", 2],
  "a place of four items": [make.contractOf(LEAVES, 4, { place: [LEAVES[4], 4, path4, 0] }), "malformed", 2],
  "a place that is a map": [make.contractOf(LEAVES, 4, { place: new Map([[0, LEAVES[4]], [1, 4], [2, path4]]) }), "malformed", 2],
  "a contract that is no byte string": [make.contractOf(LEAVES, 4, { payload: make.claims("work 4") }), "malformed", 2],
  "size 0": [make.contractOf(LEAVES, 0, { size: 0 }), "malformed", 2],
  "size 1": [make.contractOf([LEAVES[0]], 0), "malformed", 2],
  "size 131073": [make.contractOf(LEAVES, 4, { size: 131073 }), "malformed", 2],
  "a wrong root": [make.contractOf(LEAVES, 4, { root: Buffer.alloc(32) }), "bad-signature", 3],
  "a root of 31 bytes": [make.contractOf(LEAVES, 4, { root: Buffer.alloc(31) }), "malformed", 2],
  "no root": [make.contractOf(LEAVES, 4, { change: (_, body) => body.delete(2) }), "malformed", 2],
  "a signature of nothing": [make.contractOf(LEAVES, 4, { signature: Buffer.alloc(64) }), "bad-signature", 3],
  "a signature too short": [make.contractOf(LEAVES, 4, { signature: Buffer.alloc(63) }), "bad-signature", 3],
  "the signature of another": [make.contractOf(LEAVES, 4, { signature: BEN.sign(Buffer.from("x")) }), "bad-signature", 3],
  "a head by another, kid and all": [make.contractOf(LEAVES, 4, { by: BEN }), "malformed", 2],
  "a leaf of another creator": [among(make.leaf("x", { by: BEN })), "malformed", 2],
  "a node as a leaf": [nodeAsLeaf(), "malformed", 2],
  "a leaf that is a head": [among(make.headClaims(13, make.rootOf(LEAVES))), "malformed", 2],
  "a leaf that is a whole contract of a batch": [among(make.contractOf(LEAVES, 4)), "malformed", 2],
  "a leaf of an unknown kind": [among(make.leaf("x", { change: (_, body) => body.set(0, 2) })), "unsupported", 2],
  "a leaf without a kind": [among(make.leaf("x", { change: (_, body) => body.delete(0) })), "malformed", 2],
  "a leaf whose kind is a text": [among(make.leaf("x", { change: (_, body) => body.set(0, "1") })), "malformed", 2],
  "a leaf without a contract map": [among(make.leaf("x", { change: (claims) => claims.delete(PRIVATE) })), "malformed", 2],
  "a leaf without a salt": [among(unsalted), "malformed", 2],
  "a leaf with a salt of 15 bytes": [among(make.leaf("x", { change: (claims) => claims.set(7, Buffer.alloc(15)) })), "malformed", 2],
  "a leaf with an unknown field": [among(make.leaf("x", { change: (_, body) => body.set(16, true) })), "unsupported", 2],
  "a leaf without a salt, with an unknown field": [among(make.leaf("x", { change: (claims, body) => { claims.delete(7); body.set(16, true); } })),
    "malformed", 2],
  "a leaf without uses": [among(make.leaf("x", { change: (_, body) => body.delete(4) })), "malformed", 2],
  "a leaf with a byte after it": [among(extra(LEAVES[4])), "malformed", 2],
  "a leaf that is empty": [among(Buffer.alloc(0)), "malformed", 2],
  "a leaf that is no map": [among(make.cbor([1])), "malformed", 2],
  "a leaf nested too deep": [among(make.cbor(new Map([[PRIVATE, new Map([[0, 2], [99, deep(7)]])]]))), "malformed", 2],
  "a leaf of an unknown kind nested as deep as may be": [among(make.cbor(new Map([[PRIVATE, new Map([[0, 2], [99, deep(6)]])]]))), "unsupported", 2],
  "a leaf of 16,385 bytes": [among(padded(16385)), "malformed", 2],
  "a leaf of 16,384 bytes of an unknown kind": [among(padded(16384)), "unsupported", 2],
  "an unknown claim in the head": [make.contractOf(LEAVES, 4, { change: (claims) => claims.set(6, 0) }), "unsupported", 2],
  "an unknown field in the head": [make.contractOf(LEAVES, 4, { change: (_, body) => body.set(3, 0) }), "unsupported", 2],
  "an unknown label": [make.contractOf(LEAVES, 4, { more: [[99, 0]] }), "unsupported", 2],
  "an unknown label, and a path too short": [make.contractOf(LEAVES, 4, { more: [[99, 0]], path: path4.slice(1) }), "malformed", 2],
  "an unknown algorithm": [make.contractOf(LEAVES, 4, { alg: -7 }), "unsupported", 2],
  "an unknown algorithm, and another leaf's path": [make.contractOf(LEAVES, 4, { alg: -7, path: make.pathOf(5, LEAVES) }), "unsupported", 2],
  "the place in the protected header": [make.envelope(make.headClaims(13, make.rootOf(LEAVES)),
    { protectedMore: [[PRIVATE, [LEAVES[4], 4, path4]]] }), "malformed", 2],
  "the place in both headers": [make.contractOf(LEAVES, 4, { protectedMore: [[PRIVATE, [LEAVES[4], 4, path4]]] }), "unsupported", 2],
  "a place beside a contract signed alone": [make.envelope(LEAVES[4], { unprotected: [[PRIVATE, [LEAVES[4], 4, path4]]] }), "unsupported", 2],
  "a place beside an unknown kind": [make.contractOf(LEAVES, 4, { change: (_, body) => body.set(0, 13) }), "unsupported", 2],
};

function nodeAsLeaf() {
  // Two leaves, of which one is the pair of hashes below a node of another batch.
  const node = Buffer.concat([make.leafHash(LEAVES[0]), make.leafHash(LEAVES[1])]);
  return make.contractOf([node, LEAVES[2]], 0);
}

function padded(length) {
  const of = (filler) => make.cbor(new Map([[PRIVATE, new Map([[0, 2], [99, Buffer.alloc(filler)]])]]));
  return of(length - of(1000).length + 1000);
}

for (const [what, [bytes, result, step]] of Object.entries(ANSWERS)) {
  test(`${what}: ${result}`, async () => {
    const answer = await judge(bytes);
    assert.deepEqual([answer.result, answer.step], [result, step], answer.message);
  });
}

test("no byte of a contract of a batch can be changed", async () => {
  const bytes = make.contractOf(LEAVES, 4);
  for (const at of bytes.keys()) {
    const changed = Uint8Array.from(bytes);
    changed[at] ^= 1;
    assert.equal((await judge(changed)).contract, null, `byte ${at}`);
  }
});

test("what the head's other labels are makes no difference", async () => {
  const more = [[33, Buffer.alloc(9)], [270, Buffer.alloc(9)], [394, [Buffer.alloc(0)]]];
  assert.equal((await judge(make.contractOf(LEAVES, 4, { more, alg: -19 }))).result, "authentic");
  assert.equal((await judge(make.contractOf(LEAVES, 4, { more: [[394, []]] }))).result, "malformed");
});
