// What the module promises to programs, beyond the vectors.
//   node --test tests/web/api.test.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as lib from "../../src/consentsig/web/consentsig.mjs";

const vector = JSON.parse(readFileSync(new URL("../../vectors/text/full.json", import.meta.url), "utf8"));
const contract = Buffer.from(vector.contract, "hex");
const listBytes = Buffer.from(vector.status_lists[0], "hex");
const list = await lib.verifyStatusList(listBytes);
const { keys, work, grantee, use, territory, at } = vector;
const question = { keys, work, grantee, use, territory, at, status: [list] };
const changed = (more) => ({ ...question, ...more });

async function* eachOf(lists) {
  yield* lists;
}

test("the question that all others here are made from is a yes", async () => {
  assert.equal((await lib.verifyContract(contract, question)).result, "valid");
});

const LOOKALIKES = {
  "a parsed list": await lib.parseStatusList(listBytes),
  "a spread copy": { ...list },
  "a structured clone": structuredClone(list),
  "an object with its prototype": Object.create(lib.StatusList.prototype, Object.getOwnPropertyDescriptors({ ...list })),
  "an object behind which it stands": Object.create(list),
  "a proxy of it": new Proxy(list, {}),
  "its bytes": listBytes,
  "nothing": undefined,
};

for (const [what, lookalike] of Object.entries(LOOKALIKES)) {
  test(`${what} is no evidence`, async () => {
    for (const among of [[lookalike], [list, lookalike]]) {
      for (const hand of [(lists) => lists, (lists) => new Set(lists), eachOf]) {
        await assert.rejects(lib.verifyContract(contract, changed({ status: hand(among) })), TypeError);
        await assert.rejects(lib.judgeContract(contract, changed({ status: hand(among) })), TypeError);
      }
    }
  });
}

test("only verifying makes what is verified", async () => {
  const verified = await lib.verifyContract(contract, question);
  const parsed = await lib.parseContract(contract);
  for (const token of [undefined, null, Symbol("by verifying"), lib]) {
    assert.throws(() => new lib.StatusList(token, LOOKALIKES["a parsed list"], listBytes), TypeError);
    assert.throws(() => new lib.VerifiedContract(token, parsed, null, []), TypeError);
    assert.throws(() => new list.constructor(token, list, listBytes), TypeError);
    assert.throws(() => new verified.constructor(token, parsed, null, []), TypeError);
  }
});

test("what is parsed has no answer", async () => {
  const parsed = await lib.parseContract(contract);
  assert.deepEqual(Object.keys(parsed), ["terms", "sign1", "payload", "contractId", "place"]);
  const forged = Uint8Array.from(contract);
  forged[forged.length - 1] ^= 1;
  assert.deepEqual((await lib.parseContract(forged)).terms, parsed.terms);
  await assert.rejects(lib.verifyContract(forged, question), { name: "RefusedError", code: "bad-signature", step: 3 });
  const forgedList = Uint8Array.from(listBytes);
  forgedList[forgedList.length - 1] ^= 1;
  assert.equal((await lib.parseStatusList(forgedList)).terms.uri, list.terms.uri);
  await assert.rejects(lib.verifyStatusList(forgedList), { name: "RefusedError", code: "bad-signature" });
});

test("nothing that is returned can be changed", async () => {
  "use strict";
  const verified = await lib.verifyContract(contract, question);
  const isFrozen = (value) => typeof value !== "object" || value === null || ArrayBuffer.isView(value) ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen));
  for (const found of [verified, list, await lib.parseContract(contract), await lib.judgeContract(contract, question)]) {
    assert.ok(isFrozen(found));
  }
  const { payload } = verified;
  payload.fill(0);
  list.data.fill(0);
  assert.deepEqual(Buffer.from(list.data), listBytes);
  assert.notDeepEqual(verified.payload, payload);
  assert.throws(() => { verified.terms.uses.push("imitate"); }, TypeError);
  assert.throws(() => { Object.getPrototypeOf(list.terms).valueAt = () => 0; }, TypeError);
});

test("lists may come one at a time", async () => {
  assert.equal((await lib.verifyContract(contract, changed({ status: eachOf([list]) }))).result, "valid");
  await assert.rejects(lib.verifyContract(contract, changed({ status: eachOf([]) })), { code: "status-unknown" });
});

test("a list is outlined without being inflated", async () => {
  const broken = Uint8Array.from(listBytes);
  const lst = listBytes.indexOf("clst", 0, "latin1") + 4; // the key, with its head
  const start = lst + (broken[lst] < 0x58 ? 1 : 2);
  assert.equal(broken[start], 0x78); // where the zlib stream begins
  broken[start] = 0x79;
  const { uri, signer } = await lib.outline(broken);
  assert.equal(uri, list.terms.uri);
  assert.equal(signer.thumbprint, list.terms.signer.thumbprint);
  await assert.rejects(lib.parseStatusList(broken), { code: "malformed", step: 2 });
});

test("a list says why it says nothing of a contract", async () => {
  const { terms } = await lib.parseContract(contract);
  const { uri, signer } = list.terms;
  assert.equal(lib.whyNotAcceptable(terms, list.terms), null);
  assert.equal(lib.whyNotAcceptable(terms, await lib.outline(listBytes)), null);
  assert.match(lib.whyNotAcceptable(terms, { uri: `${uri}2`, signer }), /the contract names/);
  assert.match(lib.whyNotAcceptable(terms, { uri, signer: { ...signer, thumbprint: "00".repeat(32) } }), /may not speak/);
  assert.match(lib.whyNotAcceptable({ ...terms, status: null }, list.terms), /needs no list/);
});

const hash = "00".repeat(32);
const WRONG_TYPES = {
  "a question that is none": null,
  "keys that are no array": changed({ keys: keys[0] }),
  "a key that is no key": changed({ keys: [7] }),
  "a key without works": changed({ keys: [{ key: keys[0] }] }),
  "works that are no hashes": changed({ keys: [{ key: keys[0], works: [7] }] }),
  "a work of bytes": changed({ work: new Uint8Array(32) }),
  "a hash of bytes": changed({ work: { sha256: new Uint8Array(32) } }),
  "a work without SHA-256": changed({ work: { sha512: "00".repeat(64) } }),
  "a size in words": changed({ work: { sha256: hash, size: "14" } }),
  "a measure of another name": changed({ work: { sha256: hash, md5: "00" } }),
  "a grantee's name": changed({ grantee: "https://acme.example/" }),
  "a grantee with a name": changed({ grantee: { name: "Acme" } }),
  "a use by its code": changed({ use: 1 }),
  "a place by its number": changed({ territory: 1 }),
  "no instant": changed({ at: null }),
  "an age in words": changed({ maxStatusAge: "86400" }),
  "lists that are no lists": changed({ status: null }),
  "lists in a text": changed({ status: "" }),
  "lists in no order": changed({ status: { 0: list } }),
  "a property of another name": changed({ statusLists: [listBytes] }),
  ...Object.fromEntries(["keys", "work", "grantee", "use", "territory", "at", "status"].map((part) =>
    [`${part} left out`, changed({ [part]: undefined })])),
};
const WRONG_VALUES = {
  "a hash of 31 bytes": changed({ work: { sha256: hash.slice(2) } }),
  "a hash of 33 bytes": changed({ work: { sha256: `${hash}00` } }),
  "a hash in capitals": changed({ work: { sha256: "AA".repeat(32) } }),
  "a SHA-384 of 32 bytes": changed({ work: { sha256: hash, sha384: hash } }),
  "half a byte": changed({ work: { sha256: hash, size: 0.5 } }),
  "a grantee of nothing": changed({ grantee: {} }),
  "a grantee's key of 31 bytes": changed({ grantee: { key: hash.slice(2) } }),
  "an unknown use": changed({ use: "train" }),
  "a use of Object's": changed({ use: "toString" }),
  "a country in small letters": changed({ territory: "pt" }),
  "an empty place": changed({ territory: "" }),
  "the 30th of February": changed({ at: "2026-02-30T00:00:00Z" }),
  "an instant without a zone": changed({ at: "2026-02-03T00:00:00" }),
  "no date": changed({ at: new Date(NaN) }),
  "half a second": changed({ at: 0.5 }),
  "an instant before 1970": changed({ at: -1 }),
  "the year 10000": changed({ at: 253402300800 }),
  "an age below nothing": changed({ maxStatusAge: -1 }),
  "an instant later than now": changed({ now: Date.parse(at) / 1000 - 301 }),
  "a key of 31 bytes": changed({ keys: [new Uint8Array(31)] }),
  "a key line of another kind": changed({ keys: ["did:web:ana.example"] }),
  "a thumbprint of 31 bytes": changed({ keys: [hash.slice(2)] }),
  "a thumbprint in capitals": changed({ keys: ["AA".repeat(32)] }),
  "a work of a key of 31 bytes": changed({ keys: [{ key: keys[0], works: [hash.slice(2)] }] }),
};

for (const [error, wrong] of [[TypeError, WRONG_TYPES], [RangeError, WRONG_VALUES]]) {
  for (const [what, asked] of Object.entries(wrong)) {
    test(`${what} cannot be asked`, async () => {
      for (const ask of [lib.verifyContract, lib.judgeContract]) {
        await assert.rejects(ask(contract, asked), error);
        await assert.rejects(ask(new Uint8Array(0), asked), error, "before the file is looked at");
      }
    });
  }
}

test("what are no bytes is no file", async () => {
  for (const none of [null, undefined, "", vector.contract, [...contract], { length: 0 }]) {
    for (const read of [lib.parseContract, lib.parseStatusList, lib.outline, lib.verifyStatusList, lib.digestWork]) {
      await assert.rejects(read(none), TypeError);
    }
    await assert.rejects(lib.verifyContract(none, question), TypeError);
    await assert.rejects(lib.judgeContract(none, question), TypeError);
  }
});

test("bytes that change while they are verified change nothing", async () => {
  const bytes = Uint8Array.from(contract);
  const asked = { ...question, work: { ...work } };
  const answer = lib.verifyContract(bytes, asked);
  bytes.fill(0);
  asked.work.sha256 = hash;
  assert.equal((await answer).result, "valid");
});

test("a key may be believed for some works only", async () => {
  const [key] = keys;
  const result = async (...asked) => (await lib.judgeContract(contract, changed({ keys: asked }))).result;
  assert.equal(await result({ key, works: [hash, work.sha256] }), "valid");
  assert.equal(await result({ key: lib.fromDidKey(key), works: [work.sha256] }), "valid");
  assert.equal(await result({ key, works: [hash] }, { key, works: [work.sha256] }), "valid");
  assert.equal(await result({ key, works: [hash] }), "unknown-creator");
  const thumbprint = await lib.thumbprint(key);
  assert.equal(await result(thumbprint), "valid", "the same key by its thumbprint");
  assert.equal(await result({ key: thumbprint, works: [work.sha256] }), "valid");
  assert.equal(await result(thumbprint, { key, works: [hash] }), "unknown-creator");
  assert.equal(await result({ key, works: [] }), "unknown-creator");
  assert.equal(await result(key, { key, works: [hash] }), "unknown-creator", "as a KeySet in Python");
});

/** What a fresh copy of the module says where WebCrypto is as given. */
async function answerWhere(subtle) {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: { subtle }, configurable: true });
  try {
    const fresh = await import(`../../src/consentsig/web/consentsig.mjs?${Math.random()}`);
    return await fresh.judgeContract(contract, changed({ status: [] }));
  } catch (error) {
    return error;
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
  }
}

test("an environment that cannot check signatures has no answer", async () => {
  const { digest } = crypto.subtle;
  const like = (verify) => ({ digest: digest.bind(crypto.subtle), importKey: async () => ({}), verify: async () => verify });
  for (const [subtle, says] of [[undefined, /no WebCrypto/], [like(false), /no Ed25519/], [like(true), /not strict/]]) {
    const answer = await answerWhere(subtle);
    assert.ok(answer instanceof Error && !(answer instanceof TypeError) && answer.name === "Error", String(answer));
    assert.match(answer.message, says);
  }
});

test("a refusal in a row has the code, the step and the number of the contract", async () => {
  const row = await lib.judgeContract(contract, changed({ keys: [] }));
  const { contractId } = await lib.parseContract(contract);
  assert.deepEqual({ ...row, error: row.error.code, message: "" },
    { result: "unknown-creator", step: 4, message: "", contract: null, error: "unknown-creator", contractId, asOf: null, notAsked: [] });
  const malformed = await lib.judgeContract(new Uint8Array(3), changed({ use: lib.NOT_ASKED }));
  assert.deepEqual([malformed.result, malformed.contractId, malformed.notAsked], ["malformed", null, ["use"]]);
});

test("text that is not UTF-8 does not spoil the next", () => {
  for (const bytes of [[0x61, 0xff], [0x62, 0xe2, 0x82], [0x61, 0xc3]]) {
    assert.throws(() => lib.decode(Uint8Array.from(bytes)), { code: "malformed" });
    assert.equal(lib.decode(Uint8Array.of(0x61, 0x61)), "a");
  }
});
