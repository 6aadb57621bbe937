// Batches (spec §12): what the verifier says of honest and hostile ones. They are made by batches.mjs.
//   node --test tests/web/batch.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, deflateRawSync, deflateSync } from "node:zlib";
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
      assert.deepEqual(answer.contract.place, { size, root: hex(make.rootOf(leaves)), index, path: make.pathOf(index, leaves).map(hex) });
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
  assert.equal(alone.place, null);
  assert.equal((await lib.verifyContract(make.envelope(LEAVES[5]), question())).place, null);
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

// --- the batch file ---

test("each contract of a batch file is the file that it is by itself", async () => {
  for (let size = 2; size <= 13; size++) {
    const leaves = leavesOf(size);
    const batch = await lib.openBatch(make.batchFile(leaves));
    assert.deepEqual([batch.size, batch.root], [size, hex(make.rootOf(leaves))]);
    for (const [index, leaf] of leaves.entries()) {
      assert.deepEqual(Buffer.from(batch.contract(index)), make.contractOf(leaves, index));
      assert.deepEqual(batch.find(workOf(leaf)), [index]);
    }
    assert.deepEqual(batch.find("00".repeat(32)), []);
    for (const none of [-1, size, 0.5, "0", undefined]) assert.throws(() => batch.contract(none), RangeError);
  }
});

test("the labels of the head are kept", async () => {
  const more = [[33, Buffer.alloc(9)], [270, Buffer.alloc(300)], [394, [Buffer.alloc(0)]]];
  const batch = await lib.openBatch(make.batchFile(LEAVES, { unprotected: more, alg: -19 }));
  assert.deepEqual(Buffer.from(batch.contract(12)), make.contractOf(LEAVES, 12, { more, alg: -19 }));
  assert.equal((await judge(batch.contract(12))).result, "authentic");
});

test("one contract that is refused does not spoil the others", async () => {
  const other = make.leaf("of another", { by: BEN });
  const unknown = make.leaf("of another kind", { change: (_, body) => body.set(0, 2) });
  const leaves = make.ordered([...LEAVES, other, unknown, unsalted, Buffer.of(1), Buffer.of(0xff), make.cbor(new Map([[PRIVATE, 7]]))]);
  const batch = await lib.openBatch(make.batchFile(leaves));
  const results = await Promise.all(leaves.map(async (_, index) => (await judge(batch.contract(index))).result));
  const expected = leaves.map((leaf) => (LEAVES.includes(leaf) ? "authentic" : leaf === unknown ? "unsupported" : "malformed"));
  assert.deepEqual(results, expected);
  assert.deepEqual(batch.find(workOf(other)), [leaves.indexOf(other)]);
});

test("opening a batch says nothing of its signature, and each contract does", async () => {
  const batch = await lib.openBatch(make.batchFile(LEAVES, { signature: Buffer.alloc(64) }));
  assert.equal((await judge(batch.contract(4))).result, "bad-signature");
});

test("other compressions of the same contracts are as good", async () => {
  const strings = make.stringsOf(LEAVES);
  for (const stream of [deflateSync(strings, { level: 0 }), deflateSync(strings, { level: 9 }), deflateSync(strings, { strategy: constants.Z_FIXED })]) {
    assert.equal((await lib.openBatch(make.batchFile(LEAVES, { stream }))).size, 13);
  }
});

const tail = (bytes, count) => bytes.subarray(0, bytes.length - count);
const strings = make.stringsOf(LEAVES);
const stream = deflateSync(strings);
const signed = make.envelope(make.headClaims(13, make.rootOf(LEAVES)));
const file = (options) => make.batchFile(LEAVES, options);
const cose98 = Buffer.of(0xd8, 0x62, 0x80);
const longHead = (leaf) => Buffer.concat([Buffer.of(0x5a, 0, 0, leaf.length >> 8, leaf.length & 255), leaf]);
const numbered = (count, size) => Array.from({ length: count }, (_, n) => { const leaf = Buffer.alloc(size); leaf.writeUInt32BE(n); return leaf; });

/** What is wrong with a batch file, and the code and step it gets. */
const FILES = {
  "an empty file": [Buffer.alloc(0), "malformed", 1],
  "a contract": [make.contractOf(LEAVES, 4), "malformed", 1],
  "a head": [signed, "malformed", 1],
  "an array of one": [make.cbor([signed]), "malformed", 1],
  "an array of three": [make.cbor([signed, stream, stream]), "malformed", 1],
  "a tag around": [Buffer.concat([Buffer.of(0xd2), file()]), "malformed", 1],
  "a head that is no byte string": [make.cbor([new make.Raw(signed), stream]), "malformed", 1],
  "a stream that is no byte string": [make.cbor([signed, new make.Raw(make.cbor("x"))]), "malformed", 1],
  "a byte after the file": [extra(file()), "malformed", 1],
  "a byte missing": [tail(file(), 1), "malformed", 1],
  "an array head longer than needed": [Buffer.concat([Buffer.of(0x98, 2), file().subarray(1)]), "malformed", 1],
  "a byte after the head": [file({ head: extra(signed) }), "malformed", 1],
  "a head under tag 98": [file({ head: cose98 }), "malformed", 1],
  "a file of 64 MiB and a byte": [make.cbor([signed, Buffer.alloc(67108864 - signed.length - 7)]), "malformed", 1],
  "a file of 64 MiB without a stream": [make.cbor([signed, Buffer.alloc(67108864 - signed.length - 8)]), "malformed", 2],
  "a head that is a contract": [file({ head: make.envelope(LEAVES[0]) }), "unsupported", 2],
  "a head of another kind": [file({ head: make.envelope(make.headClaims(13, make.rootOf(LEAVES), (_, body) => body.set(0, 13))) }), "unsupported", 2],
  "a head without a kind": [file({ head: make.envelope(make.headClaims(13, make.rootOf(LEAVES), (_, body) => body.delete(0))) }), "malformed", 2],
  "a head of size 1": [make.batchFile([LEAVES[0]]), "malformed", 2],
  "a head of size 131073": [file({ size: 131073 }), "malformed", 2],
  "a head with a contract": [file({ head: make.contractOf(LEAVES, 4) }), "malformed", 2],
  "a head with a contract in the protected header": [file({ protectedMore: [[PRIVATE, 0]] }), "malformed", 2],
  "a head with an unknown label": [file({ unprotected: [[99, 0]] }), "unsupported", 2],
  "a head with an unknown label, and a size off by one": [file({ unprotected: [[99, 0]], size: 12 }), "malformed", 2],
  "a head with an unknown label, and a wrong root": [file({ unprotected: [[99, 0]], root: Buffer.alloc(32) }), "unsupported", 2],
  "a size too small": [file({ size: 12 }), "malformed", 2],
  "a size too great": [file({ size: 14 }), "malformed", 2],
  "a wrong root": [file({ root: Buffer.alloc(32) }), "bad-signature", 3],
  "a contract twice": [make.batchFile([LEAVES[0], ...LEAVES]), "malformed", 2],
  "contracts out of order": [make.batchFile([...LEAVES].reverse()), "malformed", 2],
  "a contract that begins with the one before": [make.batchFile(make.ordered([LEAVES[0], extra(LEAVES[0])])), null, null],
  "a contract that is the beginning of the one before": [make.batchFile([extra(LEAVES[0]), LEAVES[0]]), "malformed", 2],
  "an empty contract": [make.batchFile([Buffer.alloc(0), ...LEAVES]), "malformed", 2],
  "a contract of 16,385 bytes": [make.batchFile([LEAVES[0], Buffer.alloc(16385, 0xff)]), "malformed", 2],
  "a contract of 16,384 bytes": [make.batchFile([LEAVES[0], Buffer.alloc(16384, 0xff)]), null, null],
  "contracts of 1, 23, 24, 255 and 256 bytes": [make.batchFile([1, 23, 24, 255, 256].map((n) => Buffer.alloc(n, n % 256)).sort(Buffer.compare)), null, null],
  "a contract with a head longer than needed": [file({ strings: Buffer.concat([make.cbor(LEAVES[0]), ...LEAVES.slice(1).map(longHead)]) }), "malformed", 2],
  "a contract with a head of two bytes for 23": [make.batchFile([Buffer.alloc(23), Buffer.alloc(24, 1)],
    { strings: Buffer.concat([Buffer.of(0x58, 23), Buffer.alloc(23), make.cbor(Buffer.alloc(24, 1))]) }), "malformed", 2],
  "contracts of indefinite length": [file({ strings: Buffer.concat([Buffer.of(0x5f), strings, Buffer.of(0xff)]) }), "malformed", 2],
  "contracts that are texts": [file({ strings: Buffer.concat(LEAVES.map((leaf) => make.cbor(leaf.toString("hex")))) }), "malformed", 2],
  "contracts in an array": [file({ strings: make.cbor(LEAVES) }), "malformed", 2],
  "a last contract that ends early": [file({ strings: tail(strings, 1) }), "malformed", 2],
  "a byte after the contracts": [file({ strings: extra(strings) }), "malformed", 2],
  "a head after the contracts": [file({ strings: Buffer.concat([strings, Buffer.of(0x59, 1)]) }), "malformed", 2],
  "an empty stream": [file({ strings: Buffer.alloc(0) }), "malformed", 2],
  "no stream": [file({ stream: Buffer.alloc(0) }), "malformed", 2],
  "a stream with a byte after it": [file({ stream: extra(stream) }), "malformed", 2],
  "a stream that ends early": [file({ stream: tail(stream, 1) }), "malformed", 2],
  "a stream with a wrong check": [file({ stream: Buffer.concat([tail(stream, 1), Buffer.of(stream.at(-1) ^ 1)]) }), "malformed", 2],
  "a raw stream": [file({ stream: deflateRawSync(strings) }), "malformed", 2],
  "contracts that are not compressed": [file({ stream: strings }), "malformed", 2],
  "many contracts": [make.batchFile(numbered(20000, 4)), null, null],
  "more contracts than the size, by far": [file({ strings: make.stringsOf(numbered(60000, 4)) }), "malformed", 2],
};

for (const [what, [bytes, result, step]] of Object.entries(FILES)) {
  test(`as a batch file, ${what}: ${result ?? "opens"}`, async () => {
    const answer = await lib.openBatch(bytes).then(() => ({ code: null, step: null }), (error) => error);
    assert.deepEqual([answer.code, answer.step], [result, step], answer.stack);
  });
}

test("a batch file is no contract", async () => {
  const answer = await judge(file());
  assert.deepEqual([answer.result, answer.step], ["malformed", 1]);
});

test("a batch file that is no bytes cannot be opened, and nobody else makes one", async () => {
  await assert.rejects(lib.openBatch("82"), TypeError);
  assert.throws(() => new lib.Batch(Symbol("by verifying"), {}, [], []), TypeError);
});

test("inflating stops at the limit, and where the watcher refuses", () => {
  const zeros = deflateSync(Buffer.alloc(1 << 20));
  assert.throws(() => lib.inflate(zeros, (1 << 20) - 1), { code: "malformed" });
  assert.equal(lib.inflate(zeros, 1 << 20).length, 1 << 20);
  const seen = [];
  const stop = (_, size) => {
    seen.push(size);
    if (size > 200000) throw new lib.RefusedError("malformed", 2, "enough");
  };
  assert.throws(() => lib.inflate(zeros, 1 << 20, stop), { message: "enough" });
  assert.ok(seen.at(-1) < 270000, String(seen));
});

test("a stream that inflates a thousandfold is given up at once", async () => {
  const bomb = deflateSync(Buffer.alloc(100_000_000, 0x41));
  const begin = performance.now();
  await assert.rejects(lib.openBatch(file({ stream: bomb, size: 131072 })), { code: "malformed", step: 2 });
  assert.ok(performance.now() - begin < 2000);
});
