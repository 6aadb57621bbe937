// Makes batches by hand: a writer of CBOR, a Merkle tree by the recursive definition of RFC 9162 §2.1, and node:crypto.
// It shares nothing with the module.
//   node tests/web/batches.mjs FOLDER COUNT    writes works, their batch file, and the first contract alone
import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

export const PRIVATE = -1455000947;
export const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();

// --- CBOR ---

const head = (major, value) => {
  const first = major << 5;
  if (value < 24) return Buffer.of(first | value);
  const width = value < 2 ** 8 ? 1 : value < 2 ** 16 ? 2 : value < 2 ** 32 ? 4 : 8;
  const argument = Buffer.alloc(8);
  argument.writeBigUInt64BE(BigInt(value));
  return Buffer.concat([Buffer.of(first | (24 + Math.log2(width))), argument.subarray(8 - width)]);
};

/** Raw bytes go in as they are. */
export class Raw {
  constructor(bytes) {
    this.bytes = bytes;
  }
}

export function cbor(item) {
  if (item instanceof Raw) return item.bytes;
  if (item === true) return Buffer.of(0xf5);
  if (typeof item === "number") return item < 0 ? head(1, -1 - item) : head(0, item);
  if (typeof item === "string") return Buffer.concat([head(3, Buffer.byteLength(item)), Buffer.from(item)]);
  if (item instanceof Uint8Array) return Buffer.concat([head(2, item.length), item]);
  if (Array.isArray(item)) return Buffer.concat([head(4, item.length), ...item.map(cbor)]);
  const pairs = [...item].map(([key, value]) => [cbor(key), cbor(value)]).sort(([a], [b]) => Buffer.compare(a, b));
  return Buffer.concat([head(5, pairs.length), ...pairs.flat()]);
}

// --- keys, contracts, heads ---

export function signer(seed) {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const x = createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-32);
  const thumbprint = sha256(Buffer.from("a301012006215820", "hex"), x);
  return { x, thumbprint: thumbprint.toString("hex"), kid: thumbprint.subarray(0, 8), sign: (bytes) => sign(null, bytes, secret) };
}

export const ANA = signer(1);
export const BEN = signer(2);

/** The claims of a contract for a work, changed by `change(claims, body)`. */
export function claims(work, { by = ANA, change = () => {} } = {}) {
  const body = new Map([
    [0, 1],
    [1, [new Map([[0, new Map([[1, 1], [-1, 6], [-2, by.x]])], [1, "Ana Liu"]])]],
    [2, new Map([[0, [-16, sha256(Buffer.from(work))]], [1, `The work ${work}`]])],
    [3, new Map([[0, "Acme Labs"], [1, "https://acme.example/"]])],
    [4, 2],
    [5, []],
    [6, [0, 0]],
    [7, "en-1"],
    [9, ["001"]],
  ]);
  const all = new Map([[4, 2524608000], [6, 1767225600], [7, sha256(Buffer.from(`salt ${work}`)).subarray(0, 16)], [PRIVATE, body]]);
  change(all, body);
  return all;
}

export const leaf = (work, options) => cbor(claims(work, options));

/** `options`: by, alg, protectedMore, unprotected and headClaims, to be changed; signature in place of the true one. */
export function envelope(payload, { by = ANA, alg = -8, protectedMore = [], unprotected = [], signature } = {}) {
  const labels = cbor(new Map([[1, alg], [4, by.kid], [16, "application/vnd.consentsig+cwt"], ...protectedMore]));
  const signed = cbor(["Signature1", labels, Buffer.alloc(0), payload]);
  const parts = [labels, new Map(unprotected), payload, signature ?? by.sign(signed)];
  return Buffer.concat([Buffer.of(0xd2), cbor(parts)]);
}

export const headClaims = (size, root, change = () => {}) => {
  const body = new Map([[0, 12], [1, size], [2, root]]);
  const all = new Map([[PRIVATE, body]]);
  change(all, body);
  return cbor(all);
};

// --- the tree, as RFC 9162 §2.1 defines it ---

const half = (size) => 2 ** Math.ceil(Math.log2(size) - 1);
export const leafHash = (payload) => sha256(Buffer.of(0), payload);
export const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

export function rootOf(leaves) {
  if (leaves.length === 1) return leafHash(leaves[0]);
  const k = half(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

export function pathOf(index, leaves) {
  if (leaves.length === 1) return [];
  const k = half(leaves.length);
  return index < k ? [...pathOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

// --- batches ---

/** Payloads in their order. */
export const ordered = (payloads) => [...payloads].sort(Buffer.compare);

/** A contract of the batch of these leaves; `more` changes its parts. */
export function contractOf(leaves, index, { size = leaves.length, root, path, at = index, payload, place, change, more = [], ...options } = {}) {
  const found = place ?? [payload ?? leaves[index], at, path ?? pathOf(index, leaves)];
  return envelope(headClaims(size, root ?? rootOf(leaves), change), { ...options, unprotected: [[PRIVATE, found], ...more] });
}

export const stringsOf = (leaves) => Buffer.concat(leaves.map(cbor));

export function batchFile(leaves, { head: signed, strings = stringsOf(leaves), stream = deflateSync(strings), size = leaves.length, root, ...options } = {}) {
  return cbor([signed ?? envelope(headClaims(size, root ?? rootOf(leaves)), options), stream]);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , folder, count] = process.argv;
  mkdirSync(folder, { recursive: true });
  const works = Array.from({ length: Number(count) }, (_, n) => `work ${n}`);
  for (const work of works.slice(0, 10)) writeFileSync(join(folder, work), work);
  const leaves = ordered(works.map((work) => leaf(work)));
  writeFileSync(join(folder, "all.consents"), batchFile(leaves));
  writeFileSync(join(folder, "bad.consents"), batchFile(leaves, { root: Buffer.alloc(32) }));
  writeFileSync(join(folder, "one.consent"), contractOf(leaves, leaves.findIndex((each) => each.equals(leaf("work 0")))));
}
