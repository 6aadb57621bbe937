// SPDX-License-Identifier: Apache-2.0
//
// consentsig.mjs - a verifier for consentsig contracts, batches and status lists, format version 1.0.
//
// One file, no dependencies, no build step. It needs ES2022 and WebCrypto with Ed25519:
// Node 20+, Chromium 137+, Firefox 129+ (in browsers a secure context: https, localhost, file).
//
//   import { verifyContract, verifyStatusList, digestWork } from "consentsig";
//   const contract = await verifyContract(contractBytes, {
//     keys: ["did:key:z6Mk..."],                   // the keys the caller believes
//     work: await digestWork(workBytes),           // { sha256, size?, sha384?, sha512? }
//     grantee: { uri: "https://acme.example/" },   // uri, key (thumbprint in hex), or both
//     use: "pretrain", territory: "PT",            // territory: two letters, "001" or "none"
//     at: new Date(),                              // a Date, seconds, or an RFC 3339 string in UTC
//     status: [await verifyStatusList(listBytes)], // in any order, from anywhere
//   });
//   if (contract.result === "valid") { ... keep contract.conditions, contract.asOf and the lists ... }
//
// Bytes are parsed, then verified. What is parsed is for looking at; only what is verified answers
// questions, and only verifying makes it. Names are those of the Python library, in camel case. In
// returned objects, times are whole seconds since 1970 and fixed-length byte strings are lower-case
// hex, so that a frozen object holds nothing that can be changed.
//
// A refusal is a RefusedError with a code of spec §6. A question that cannot be asked is a TypeError
// or a RangeError, thrown before any bytes are read. The only permission is result === "valid".
//
// "spec" in the comments is spec/consentsig.md. What is exported is described in consentsig.d.mts.

/**
 * @import * as api from "./consentsig.mjs"
 * @import { BytesLike, Conditions, Digest, Division, Part, Payment, PaymentKind, Question, RefusalCode, Sign1, Terms,
 *   UnverifiedContract, UnverifiedStatusList, Use } from "./consentsig.mjs"
 */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/**
 * One item of CBOR in the data model of spec §2.1.
 * @typedef {number | string | true | Bytes | any[] | Map<any, any>} Item
 */

// ===== Constants

/** Written out for work, grantee, use or territory: its step is skipped, and the best result is `authentic`. */
export const NOT_ASKED = null;

const MAX_INT = Number.MAX_SAFE_INTEGER; // 2^53-1, spec §2.1
const MAX_DEPTH = 8;
const MAX_HEADER = 65536;
const MAX_INFLATED = 16777216;
const MAX_TIME = 253402300799; // 9999-12-31T23:59:59Z
const MAX_TERM = 1577923200; // 18,263 days, spec §3.2
const MAX_LIST_TERM = 31622400; // 366 days, spec §7.1
const SKEW = 300; // seconds that clocks may differ, spec §5 and §7.4

const PRIVATE = -1455000947; // the key of the contract map, and of the list's own map
const STATUS = 65535;
const STATUS_LIST = 65533;
const TTL = 65534;
const REVOKED = 1;
const SUSPENDED = 2;
const BATCH = 12; // the kind of the head of a batch, spec §12.2
const MOST_IN_A_BATCH = 131072;
const MAX_BATCH_FILE = 67108864;
const MAX_BATCH = 268435456; // its contracts inflated, with their heads

/**
 * What differs between the two kinds of file (spec §2.2, §7.1).
 * @typedef {{ typ: string, file: number, payload: number, sorted: boolean }} Profile
 */
/** @type {Profile} */
const CONTRACT_FILE = { typ: "application/vnd.consentsig+cwt", file: 1048576, payload: 16384, sorted: true };
/** @type {Profile} */
const LIST_FILE = { typ: "application/statuslist+cwt", file: 2097152, payload: 1048576, sorted: false };

/**
 * Spec §3.7. The bit of a use is its code minus one: its place in this array.
 * @type {readonly (readonly [Use, string])[]}
 */
const USES = [
  ["pretrain", "initial training of a model that can generate content"],
  ["finetune", "further training of a model that can generate content (adapters and preference tuning too)"],
  ["train-nongen", "training a model that cannot generate content (classify, rank, detect, score)"],
  ["evaluate", "test or benchmark use, no parameter changes"],
  ["ground", "selected by the system as input at inference (retrieval, context, tool result)"],
  ["index", "an embedding or search index that returns a reference or the work"],
  ["imitate", "outputs offered as in the style, voice, likeness or character of the work or creator"],
  ["distill", "outputs of a model trained on the work used to train another model"],
  ["synthesize", "the work, or a model given the work, used to make synthetic training data"],
  ["redistribute", "handing the work's bytes to third parties inside a dataset"],
];
const IMITATE = 64;
const DAY = 86400; // seconds

/** @type {readonly PaymentKind[]} */
const PAYMENT_KINDS = ["once", "per-run", "per-output", "revenue-share", "pool-revenue", "pool-output"]; // the code is the place plus one
/** @type {readonly Division[]} */
const DIVISIONS = ["equal", "weight"]; // of a pool; likewise
/** @param {PaymentKind} kind */
const isShare = (kind) => kind === "revenue-share" || kind === "pool-revenue";
/** @param {PaymentKind} kind */
const isPool = (kind) => kind === "pool-revenue" || kind === "pool-output";

// ===== Refusals and small helpers

export class RefusedError extends Error {
  /**
   * @param {RefusalCode} code @param {number} step @param {string} message @param {number | null} since
   * @param {{ against: RefusalCode, asOf: number } | null} disputed
   */
  constructor(code, step, message, since = null, disputed = null) {
    super(message);
    this.name = "RefusedError";
    this.code = code;
    this.step = step;
    this.since = since;
    this.disputed = disputed;
  }
}

/** Tests a and b of spec §3.9. @param {string} message */
const misencoded = (message) => new RefusedError("malformed", 1, message);

/** Test d of spec §3.9. @type {(condition: boolean, message: string) => asserts condition} */
function need(condition, message) {
  if (!condition) throw new RefusedError("malformed", 2, message);
}

/** Only this file holds it, so what is verified is made by verifying only. */
const BY_VERIFYING = Symbol("by verifying");

/** @param {unknown} token @param {string} what */
function checkMaker(token, what) {
  if (token !== BY_VERIFYING) throw new TypeError(`a ${what} is made by verifying only`);
}

/** An object or array of plain values, frozen to its leaves. @template T @param {T} value @returns {Readonly<T>} */
function frozen(value) {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} digits @returns {Bytes} */
const fromHex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Untrusted text or number in a message, in brief. @param {unknown} value */
const brief = (value) => {
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 40)) : String(value);
  return typeof value === "string" && value.length > 40 ? `${text}…` : text;
};

/** @param {Uint8Array[]} parts @returns {Bytes} */
function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * A private copy of a file, so that nobody changes it between two steps. Of a file that is too long, only the
 * beginning is copied: as much as shows that.
 * @param {BytesLike} input
 * @param {number} limit
 * @returns {Bytes}
 */
function ownBytes(input, limit) {
  if (ArrayBuffer.isView(input)) {
    const length = Math.min(input.byteLength, limit + 1);
    return Uint8Array.from(new Uint8Array(input.buffer, input.byteOffset, length));
  }
  if (!(input instanceof ArrayBuffer)) throw new TypeError("data must be an ArrayBuffer or a view of one, such as a Uint8Array");
  return Uint8Array.from(new Uint8Array(input, 0, Math.min(input.byteLength, limit + 1)));
}

/** WebCrypto; an environment without it has no answer, which is no fault of the question. */
function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) throw new Error("no WebCrypto here (browsers offer it in secure contexts only)");
  return found;
}

/** @param {256 | 384 | 512} bits @param {Bytes} bytes @returns {Promise<Bytes>} */
async function sha(bits, bytes) {
  return new Uint8Array(await subtle().digest(`SHA-${bits}`, bytes));
}

const encoder = new TextEncoder();
// ignoreBOM: otherwise a leading U+FEFF would vanish instead of being refused.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// ===== CBOR in the data model of spec §2.1
//
// Integers become numbers (all are safe), byte strings Uint8Array, text strings strings, arrays
// arrays, maps Map in the order of the file, and `true` true. Everything else is refused.

/** The arrays of two items or more that are in strictly ascending order of their encodings, noted while they are read. */
const ASCENDING = new WeakSet();

/** Whether the items are in the order of spec §2.1. @param {any[]} items */
const isAscending = (items) => items.length < 2 || ASCENDING.has(items);

class Reader {
  /**
   * @param {Bytes} bytes
   * @param {boolean} sorted False in status lists: keys in any order, but none twice (spec §7.1).
   */
  constructor(bytes, sorted) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.sorted = sorted;
  }

  byte() {
    if (this.at >= this.end) throw misencoded("ends too early");
    return this.bytes[this.at++];
  }

  /** @param {number} length */
  take(length) {
    if (length > this.end - this.at) throw misencoded("ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** One head: the major type and its argument, in the shortest form. @returns {[number, number]} */
  head() {
    const first = this.byte();
    const major = first >> 5;
    const info = first & 31;
    if (major === 7 && first !== 0xf5) throw misencoded("a simple value or float that is not true");
    if (major === 6) throw misencoded("a tag inside");
    if (info < 24 || major === 7) return [major, info];
    if (info > 27) throw misencoded("an indefinite length or reserved head");
    let value = 0; // exact up to 2^53-1; what is greater stays greater when it is rounded
    for (let width = 1 << (info - 24); width > 0; width--) value = value * 256 + this.byte();
    if (value < [24, 2 ** 8, 2 ** 16, 2 ** 32][info - 24]) throw misencoded("a head longer than needed");
    if (value > MAX_INT) throw misencoded("an integer or length beyond 2^53-1");
    return [major, value];
  }

  /**
   * One item; `depth` counts the arrays and maps around it, itself included.
   * @param {number} depth
   * @returns {Item}
   */
  item(depth) {
    const [major, value] = this.head();
    switch (major) {
      case 0:
        return value;
      case 1:
        if (value === MAX_INT) throw misencoded("an integer below -(2^53-1)");
        return -1 - value;
      case 2:
        return this.take(value);
      case 3:
        return this.text(value);
      case 4:
        return this.array(value, depth);
      case 5:
        return this.map(value, depth);
      default:
        return true; // head() lets no other simple value through
    }
  }

  /** @param {number} length */
  text(length) {
    const bytes = this.take(length);
    try {
      return decoder.decode(bytes);
    } catch {
      throw misencoded("text that is not UTF-8");
    }
  }

  /** @param {number} count @param {number} depth */
  array(count, depth) {
    this.nest(count, depth);
    const items = [];
    let ascending = true;
    for (let i = 0, previous = this.at; i < count; i++) {
      const start = this.at;
      items.push(this.item(depth + 1));
      if (i > 0 && ascending) ascending = this.compare(previous, start) < 0;
      previous = start;
    }
    if (ascending && count > 1) ASCENDING.add(items);
    return items;
  }

  /** @param {number} count @param {number} depth */
  map(count, depth) {
    this.nest(count * 2, depth);
    const map = new Map();
    for (let i = 0, previous = this.at; i < count; i++) {
      const start = this.at;
      const major = this.bytes[start] >> 5;
      if (start < this.end && major !== 0 && major !== 1 && major !== 3) throw misencoded("a map key that is not an integer or text");
      const key = this.item(depth + 1);
      if (map.has(key)) throw misencoded("a map key twice"); // heads are shortest, so equal keys have equal bytes
      if (i > 0 && this.sorted && this.compare(previous, start) > 0) throw misencoded("map keys out of order");
      map.set(key, this.item(depth + 1));
      previous = start;
    }
    return map;
  }

  /**
   * Compares the encodings that begin at the two places, bytewise (spec §2). Neither begins with the other,
   * since each is one whole item; so the first byte that differs decides.
   * @param {number} a
   * @param {number} b
   */
  compare(a, b) {
    while (b < this.at && this.bytes[a] === this.bytes[b]) {
      a++;
      b++;
    }
    return b < this.at ? this.bytes[a] - this.bytes[b] : 0;
  }

  /**
   * Limits before anything is read: each item has a byte at least, so a count cannot exceed what is left.
   * @param {number} count
   * @param {number} depth
   */
  nest(count, depth) {
    if (depth > MAX_DEPTH) throw misencoded(`nested deeper than ${MAX_DEPTH}`);
    if (count > this.end - this.at) throw misencoded("ends too early");
  }

  finish() {
    if (this.at !== this.end) throw misencoded("bytes after the end");
  }
}

/**
 * One item of CBOR and nothing after it.
 * @param {Bytes} bytes
 * @param {boolean} sorted
 */
export function decode(bytes, sorted = true) {
  const reader = new Reader(bytes, sorted);
  const item = reader.item(1); // depth is counted afresh (spec §2.2)
  reader.finish();
  return item;
}

// ===== Signed text (spec §2.3)

// spec/codepoints.txt, packed. Digits of this alphabet carry five bits, least significant first; a
// sixth bit says that another digit follows. Each range is one number, ((length-1)*3 + class)*2,
// plus 1 where a second number follows: how many code points are left out before it.
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
const PACKED_RANGES =
  "b6W1s4Y1s4Mr1Y10Af110M0Sa44q54sr2MY2o2Oe1040a3sEz51O46J240B404C11p31jF14yP4c1-U_6112Y1m7AH2h8142484842z48J4A_2B-14H1y7" +
  "w3o262iI40c1AW1684K6w1CA0o25102k5-4nG2-10x1EW6o16M032A-3K0o10E0Qv22n41E52z11h454UB1j16s7i44Y6-9E0e30c1s18i2w2Eh1172_32" +
  "b1111J3320c192F203874D18x126w1042F2V174_32b1171717132R194F233J711x178C24FAn11D1_31b1171P1320i1F1F1127F8d2217W1F1h1172_" +
  "32b1171P1320c192F2F774D18X220Y13A0V1D3J173117173D3Z23R4F3L11236z3ER5g1D1b41x21320c1F1L197D112728x12r170E4g1D1b41t11P13" +
  "20c1F1L19776718x1271LDm1D1n7180c1F1L104D42e1C8t32UF1d31h43n1111b1233X1431j11x16924x8C26c154a1i1i27b111P1h4111t1126o10P" +
  "211X11x12J21W1e48W524242M8g1p61r3448O-1r61l112Y1j21z7b1q30-2UKIE0E6c1CKe2a202w1KA-61115z724iIhh12J1b1211J1n72J1X62J1b1" +
  "211J1r22nA1J1jC2F2i5x23w1_F6V252Yq3AW3t41AzD3Y1g1d37Kj39EAd398f2CD191p9Cn52G0M02x12x16X26x15nG6P78c620_C5r5Ab21b2454d2" +
  "3k5P2Z8Bt44X26h63a4QB2u9u1h5132w1x16f160Y1t52Rn1q8Y3g1X53o1W2F1k5g26w1Y8m2N8o6q3v23D3w1o6Am1z77D2k1F84w3I2U26E0xZ15yB-" +
  "p1V2_62V2h12111111r51v92b1140GCb11GIV2H1e2GD2b11Al4Hv885H0X220u2f21b63Z6FBF0M0As140GOY1040404I4y1AISOM0s96e1fy34X2P_j5" +
  "Lnb51_52rJ1ug1Y1IE6f15-61115hA2174b4Fb19b11b11b11b11b11b11b11z51u80o8x4Y1rG1Ze1Cd2QN56m6W14OS6G_F192AC4sG4Iz75j91t71_2" +
  "1w5s6x2Cu5_v21wpc1-BewX4fA3l89Aeo1Gw2w16r8KK4u14q58-Cw18Y1f48m1AaJAwB7511P1x2O2C2I2a4QM2x13p96M98c9e3d28f36UG0462w1Y5i" +
  "1Aa4g25Be5L3q8m2i211w1B4O2s1w1On71m2D92g18x12N2a4G0Ec920E68O8020DOAy1QAC8VAV2V2b19b11z714k2AjL4i148x12pkX26b4CX94la2ae" +
  "8tJ2b1c1PC152s14e2P1117171ZK1a3zZ2Gg3wB_9257Z2W1Mx1Gz26m6n31N1P4bP1_54s4Y1s4W2sAl51V3V2V2D2f13f115EZ22t41j3171r21l22zM" +
  "Y1H5j84lG3j2153j8l12f5Y4X933FW5x54Mp394g14_65Ql5551o6h14Y1lTg1x12p66p64h74p985By1r21b1171z11r21b1171bw1Z2_39h1AVOt71n1" +
  "1Vb212Z817113b42r11a4q1q5r18j3m171T5-3Y153s455hAW2B46-2p820E91L5ID1f51F234q1r17f57Ge5Gh1W14Y58d24_99f13-3l12i3l15c3N7f" +
  "1CnDm2j9t1j9DZ17o6Kx18v5c9t7191472f5k2w10_38-1q1d3MKMv3c1e1b4KF9u9s2e1p542680FAe8-1e125An42x17F6o6m2p21080j682A0F9w8m2" +
  "IMK48w1040Gt31d3Bn41a2Y12b1X211J1r21t114r86a2x15L6h1172_32b1171P1910c192F21236P58d12R3v9h4e3Ia3512Cx8Uq3640x18r8c5c1p1" +
  "2e4I8x8Y1Y3G0x1Bj26z7Jg204x16z4s1t22_24a1Z8v5s24xBa3m3h1C12h1271h41W191L20208Gx19h1c2b72c1d1204021Ru1g7c10Kk1218-1k8y2" +
  "G0SnDDn1d8v61i1j110Sj5AB3k5X42n21b1f271_61W13391d1102x18V671x51Q91R10x17j3s9KA1t5h9F5Dsi5vKc3T1pa1BXIio2Are6Dbj3n-3ng3" +
  "vj8r57x11B4qEx11l56R24x8Ac1q1IAx1Af11v31j35xBmLW5zDb3340cAL7e27W2409Ch-Z1E_d78n1g1Jdt8b1171js11Dj1JHZg28zJae2f25n13t17" +
  "5284n8Wp4d42tL9Zk1y1f7A_82X21QGW1j18Ac1o5KiBhCLE4t3w4fGCr49vFd4bD1711272J2Z2111b11XC1J1h12b11Z51J1P111b13p_11n424m44q5" +
  "4m44q54m44q54m44q54m44g1hf32cAMe9k12o22e1RFt21r5mY1d1X7Z31d1291R1f8r6d13a1x12144l5WA2Z8HKw155b1Wd1J171r21va11r12c1pCf1" +
  "c10x14B4tCnOjBi2JY6z41711112t11J1111116141111D1711112111111117111J2b11J1J111t11X31D5P1X31Bq1d8k8tI4v2Cv22v21z61pW1Aj5u" +
  "1d8Dr14B7Z1Elu5w4_25j23tL3rGCd2754d2FlA4x18l76p58B2t_1k2p2CT2T3f13j59X23Z15x1Al16f18nR9fA1x1b1xfw7cW1ngOW1lf17duX12Xvh" +
  "1Elb3_W3zzSYl1";

/** The allowed ranges as two ascending arrays and a string of classes: L letter, M mark, O other. */
function unpackRanges() {
  /** @type {number[]} */
  const first = [];
  /** @type {number[]} */
  const last = [];
  let classes = "";
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const digit = DIGITS.indexOf(PACKED_RANGES[at++]);
      value += (digit & 31) << shift;
      if (digit < 32) return value;
    }
  };
  let next = 0;
  while (at < PACKED_RANGES.length) {
    const packed = number();
    if (packed & 1) next += number();
    const length = Math.floor((packed >> 1) / 3);
    first.push(next);
    last.push(next + length);
    classes += "LMO"[(packed >> 1) % 3];
    next += length + 1;
  }
  return { first, last, classes };
}

const RANGES = unpackRanges();

/**
 * "L", "M" or "O" for an allowed code point, "" for one that is refused.
 * @param {number} codePoint
 */
export function classOf(codePoint) {
  let low = 0;
  let high = RANGES.first.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < RANGES.first[middle]) high = middle - 1;
    else if (codePoint > RANGES.last[middle]) low = middle + 1;
    else return RANGES.classes[middle];
  }
  return "";
}

/** What is wrong with a signed text, or "". @param {string} text @param {number} maxBytes */
function textFault(text, maxBytes) {
  const size = encoder.encode(text).length;
  if (size < 1 || size > maxBytes) return `must have 1 to ${maxBytes} bytes`;
  const points = Array.from(text, (character) => /** @type {number} */ (character.codePointAt(0)));
  const classes = points.map(classOf);
  let marks = 0;
  for (let i = 0; i < points.length; i++) {
    if (points[i] === 0x200c || points[i] === 0x200d) {
      // A joiner only inside a word, where scripts like Persian and Sinhala need it (rule 2).
      if (!/^[LM]$/.test(classes[i - 1] ?? "") || classes[i + 1] !== "L") return "has a joiner outside a word";
    } else if (classes[i] === "") {
      return `has U+${points[i].toString(16).toUpperCase().padStart(4, "0")}`;
    }
    marks = classes[i] === "M" ? marks + 1 : 0;
    if (marks > 4) return "has five combining marks in a row";
  }
  if (classes[0] === "M") return "begins with a combining mark";
  if (text.startsWith(" ") || text.endsWith(" ") || text.includes("  ")) return "has a space at an end or two in a row";
  if (text.normalize("NFC") !== text) return "is not in Normalization Form C";
  return "";
}

// ===== Addresses (spec §2.4)

const ESCAPE = "%[0-9A-F]{2}";
const PCHAR = `(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|${ESCAPE})`;
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HTTPS = new RegExp(
  `^https://(${LABEL}(?:\\.${LABEL})*)(?::([1-9][0-9]{0,4}))?((?:/${PCHAR}*)+)(?:\\?(?:${PCHAR}|[/?])+)?$`,
);
const DID = new RegExp(`^did:[a-z0-9]+:(?!:)(?:[A-Za-z0-9._:-]|${ESCAPE})+(?<!:)$`);
const URN = new RegExp(`^urn:[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:${PCHAR}(?:${PCHAR}|/)*$`);

/** @param {string} address */
function isHttps(address) {
  const parts = HTTPS.exec(address);
  if (parts === null) return false;
  const [, host, port, path] = parts;
  if (host.length > 253) return false;
  if (port !== undefined && (Number(port) > 65535 || Number(port) === 443)) return false;
  return !path.split("/").some((segment) => segment === "." || segment === "..");
}

/** An escape of a character that needs none: software that unescapes would see another address. @param {string} address */
function escapesUnreserved(address) {
  const escapes = address.match(/%[0-9A-F]{2}/g) ?? [];
  return escapes.some((escape) => /[A-Za-z0-9._~-]/.test(String.fromCharCode(parseInt(escape.slice(1), 16))));
}

/** @typedef {"https" | "did" | "urn"} AddressForm */
/** @param {unknown} value @param {AddressForm[]} forms */
function isAddress(value, forms) {
  if (typeof value !== "string" || value.length < 1 || value.length > 512) return false;
  const fits = (forms.includes("https") && isHttps(value)) ||
    (forms.includes("did") && DID.test(value)) ||
    (forms.includes("urn") && URN.test(value));
  return fits && !escapesUnreserved(value);
}

// ===== Keys (spec §2.6)

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Whether the bytes are a sound key shows when they verify. @type {typeof api.fromDidKey} */
export function fromDidKey(did) {
  if (typeof did !== "string" || !/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/.test(did)) return null;
  let value = 0n;
  for (const digit of did.slice(9)) value = value * 58n + BigInt(BASE58.indexOf(digit));
  const digits = value.toString(16).padStart(68, "0");
  if (digits.length !== 68 || !digits.startsWith("ed01")) return null; // multicodec ed25519-pub
  return fromHex(digits.slice(4));
}

/** The multicodec number and the key as one number, in base 58. @type {typeof api.toDidKey} */
export function toDidKey(x) {
  if (!isBytes(x, 32)) throw new TypeError("not a key of 32 bytes");
  let value = BigInt(`0xed01${hex(x)}`);
  let out = "";
  for (; value > 0n; value /= 58n) out = BASE58[Number(value % 58n)] + out;
  return `did:key:z${out}`;
}

/** SHA-256 of the COSE_Key, encoded. @type {typeof api.thumbprint} */
export async function thumbprint(key) {
  const x = typeof key === "string" ? fromDidKey(key) : key;
  if (!isBytes(x, 32)) throw new TypeError("not a key of 32 bytes or a did:key");
  return hex(await sha(256, concat(Uint8Array.of(0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 0x20), x)));
}

class PublicKey {
  /** @param {string} x @param {string} thumbprint */
  constructor(x, thumbprint) {
    this.x = x;
    this.thumbprint = thumbprint;
    this.kid = thumbprint.slice(0, 16);
    Object.freeze(this);
  }

  toDidKey() {
    return toDidKey(fromHex(this.x));
  }
}

// ===== The envelope (spec §3.1; tests a and b of §3.9)

/**
 * A file of either kind, opened. Its fields are checked later. `parts` are the bytes before the unprotected header, that
 * header, and the rest.
 * @typedef {{ protectedHeader: Map<any, any>, unprotectedHeader: Map<any, any>, claims: Map<any, any>,
 *   payload: Bytes, signature: Bytes, sigStructure: Bytes, parts: Bytes[] }} Envelope
 */

/** @param {BytesLike} data @param {Profile} profile @returns {Envelope} */
function openEnvelope(data, profile) {
  const file = ownBytes(data, profile.file);
  if (file.length > profile.file) throw misencoded(`longer than ${profile.file} bytes`);
  const reader = new Reader(file, profile.sorted);
  const tag = reader.byte();
  if (tag === 0xd8 && reader.byte() === 98) {
    if (!Array.isArray(reader.item(1))) throw misencoded("tag 98 without an array");
    reader.finish();
    throw new RefusedError("unsupported", 1, "a COSE_Sign, kept for contracts of several creators");
  }
  if (tag !== 0xd2 || reader.byte() !== 0x84) throw misencoded("not a tagged COSE_Sign1 of four items");
  const protectedPart = byteString(reader, MAX_HEADER, "protected header");
  const labels = reader.at;
  const unprotectedHeader = unprotectedMap(reader);
  const parts = [file.subarray(0, labels), file.subarray(labels, reader.at), file.subarray(reader.at)];
  const payloadPart = byteString(reader, profile.payload, "payload");
  const { content: signature } = byteString(reader, profile.file, "signature"); // its length is a matter of §4.2
  reader.finish();

  const protectedHeader = oneMap(protectedPart.content, profile, "protected header");
  const claims = oneMap(payloadPart.content, profile, "payload");
  // typ comes before anything inside the payload gets a meaning (test b).
  if (protectedHeader.get(16) !== profile.typ) throw misencoded(`typ is not ${profile.typ}`);
  const sigStructure = toBeSigned(protectedPart.whole, payloadPart.whole);
  return { protectedHeader, unprotectedHeader, claims, payload: payloadPart.content, signature, sigStructure, parts };
}

/**
 * A byte string with its head, its length checked before it is read.
 * @param {Reader} reader
 * @param {number} limit
 * @param {string} what
 */
function byteString(reader, limit, what) {
  const start = reader.at;
  const [major, length] = reader.head();
  if (major !== 2) throw misencoded(`${what} is not a byte string`);
  if (length > limit) throw misencoded(`${what} is longer than ${limit} bytes`);
  const content = reader.take(length);
  return { content, whole: reader.bytes.subarray(start, reader.at) };
}

/** The unprotected header. The reader sees no further than the limit, so nothing beyond is built. @param {Reader} reader */
function unprotectedMap(reader) {
  const end = reader.end;
  reader.end = Math.min(end, reader.at + MAX_HEADER);
  const map = reader.item(2); // inside the array of the file
  reader.end = end;
  if (!(map instanceof Map)) throw misencoded("unprotected header is not a map");
  return map;
}

/** @param {Bytes} bytes @param {Profile} profile @param {string} what */
function oneMap(bytes, profile, what) {
  const map = decode(bytes, profile.sorted);
  if (!(map instanceof Map)) throw misencoded(`${what} is not a map`);
  return map;
}

/** Spec §4.1, with both byte strings as they are in the file. @param {Bytes} protectedWhole @param {Bytes} payloadWhole */
function toBeSigned(protectedWhole, payloadWhole) {
  return concat(Uint8Array.of(0x84, 0x6a), encoder.encode("Signature1"), protectedWhole, Uint8Array.of(0x40), payloadWhole);
}

/**
 * The parts of an envelope, for those who look for where their own bytes differ.
 * @param {Envelope} envelope
 * @returns {Sign1}
 */
function sign1Of({ protectedHeader, payload, signature, sigStructure }) {
  return frozen({ kid: hex(protectedHeader.get(4)), payload, signature, sigStructure });
}

/**
 * The signed bytes (spec §4.1) of a contract, whatever its fields are.
 * @param {BytesLike} data
 */
export const sigStructureOf = (data) => openEnvelope(data, CONTRACT_FILE).sigStructure;

// ===== Field rules (spec §3.2 to §3.6; tests d and e of §3.9)
//
// A rule is a function of a value that says whether it has its form. A fault of test d throws at
// once. A fault of test e is noted in `unknown` and decides only after the whole file was read,
// since all of d comes before all of e.

/** @typedef {(value: any, unknown: string[]) => boolean} Rule */
/** @typedef {[number | string, { name: string, rule: Rule, required: boolean }]} Field */

/** @param {unknown} value @returns {value is number} */
const isInteger = (value) => Number.isSafeInteger(value);
/** @param {unknown} value @returns {value is number} */
const isCount = (value) => isInteger(value) && value >= 0;
/** @param {unknown} value @param {number} low @param {number} high @returns {value is number} */
const isWithin = (value, low, high) => isInteger(value) && value >= low && value <= high;
/** @param {unknown} value @param {number} [length] @returns {value is Uint8Array} */
const isBytes = (value, length) => value instanceof Uint8Array && (length === undefined || value.length === length);
/** @type {Rule} */
const isTrue = (value) => value === true;
/** @param {unknown} value @param {RegExp} pattern @returns {value is string} */
const isMatch = (value, pattern) => typeof value === "string" && pattern.test(value);
/** @param {unknown} value @param {(one: any) => boolean} rule @returns {value is any[]} */
const isArrayOf = (value, rule, least = 1) => Array.isArray(value) && value.length >= least && value.every((one) => rule(one));

/** @param {number} [length] @returns {Rule} */
const bytes = (length) => (value) => isBytes(value, length);
/** @param {number} low @param {number} high @returns {Rule} */
const within = (low, high) => (value) => isWithin(value, low, high);
/** @param {number} maxBytes @returns {Rule} */
const text = (maxBytes) => (value) => {
  need(typeof value === "string", "a text is not a text string");
  const fault = textFault(value, maxBytes);
  need(fault === "", `a text ${fault}`);
  return true;
};
/** @param {AddressForm[]} forms @returns {Rule} */
const address = (...forms) => (value) => isAddress(value, forms);
const isListAddress = address("https", "did", "urn");
const isTime = within(0, MAX_TIME);

/** A field that must be there, or may; its name is for messages. @type {(key: number | string, name: string, rule: Rule) => Field} */
const must = (key, name, rule) => [key, { name, rule, required: true }];
/** @type {(key: number | string, name: string, rule: Rule) => Field} */
const may = (key, name, rule) => [key, { name, rule, required: false }];

/**
 * The rule of a map with these fields. Other keys are unknown, and their values are not looked at.
 * @param {string} what
 * @param {Field[]} entries
 * @returns {Rule}
 */
function mapOf(what, ...entries) {
  /** @type {Map<any, Field[1]>} */
  const fields = new Map(entries);
  return (map, unknown) => {
    need(map instanceof Map, `${what} is not a map`);
    for (const [key, { name, rule, required }] of fields) {
      if (map.has(key)) need(rule(map.get(key), unknown), `${what}: ${name} has the wrong type or value`);
      else need(!required, `${what}: ${name} is missing`);
    }
    for (const key of map.keys()) if (!fields.has(key)) unknown.push(`${what} has the unknown field ${brief(key)}`);
    return true;
  };
}

/** @param {string[]} unknown */
function refuseUnknown(unknown) {
  if (unknown.length > 0) throw new RefusedError("unsupported", 2, unknown.slice(0, 5).join("; "));
}

// --- headers (spec §3.1). A label in the wrong header is unknown there.

/** @param {any} value @param {number} least */
const isBytesArray = (value, least) => isArrayOf(value, (one) => isBytes(one), least);

/** @type {Rule} */
function isAlgorithm(alg, unknown) {
  if (alg !== -8 && alg !== -19) unknown.push(`unknown algorithm ${brief(alg)}`);
  return isInteger(alg);
}

const PROTECTED = mapOf("protected header", must(1, "alg", isAlgorithm), must(4, "kid", bytes(8)), must(16, "typ", () => true));
const LABELS = [
  may(33, "X.509 chain", (value) => isBytes(value) || isBytesArray(value, 2)),
  may(270, "time-stamp token", bytes()),
  may(394, "receipts", (value) => isBytesArray(value, 1)),
];
const UNPROTECTED = mapOf("unprotected header", ...LABELS);

/** @param {Envelope} envelope @param {string[]} unknown */
function checkHeaders({ protectedHeader, unprotectedHeader }, unknown, unprotectedRule = UNPROTECTED) {
  PROTECTED(protectedHeader, unknown);
  unprotectedRule(unprotectedHeader, unknown);
}

// --- keys (spec §2.6). Of a key of unknown type or curve, the other fields are ignored.

const ED25519 = mapOf("key", must(1, "kty", isInteger), must(-1, "crv", isInteger), must(-2, "x", bytes(32)));

/** @param {Map<any, any>} key */
function isKnownKey(key) {
  return key.get(1) === 1 && key.get(-1) === 6;
}

/** @type {Rule} */
function isKey(key, unknown) {
  need(key instanceof Map && isInteger(key.get(1)), "key: kty is not an integer");
  need(key.get(1) !== 1 || isInteger(key.get(-1)), "key: crv is not an integer");
  if (isKnownKey(key)) return ED25519(key, unknown);
  unknown.push("key of unknown type or curve");
  return true;
}

/**
 * The signer's key, which kid must fit; null for a key of unknown type. kid is never trusted beyond that.
 * @param {Envelope} envelope
 * @param {Map<any, any>} key
 */
async function readSigner({ protectedHeader }, key) {
  if (!isKnownKey(key)) return null;
  const signer = new PublicKey(hex(key.get(-2)), await thumbprint(key.get(-2)));
  const kid = hex(protectedHeader.get(4));
  need(kid === signer.kid, `kid is ${kid}, the key's is ${signer.kid}`);
  return signer;
}

// --- the contract (spec §3.2 to §3.6)

/**
 * [algorithm, value] with a byte string; `lengths` names the algorithms of this field.
 * @param {any} digest
 * @param {Record<number, number>} lengths
 * @param {string[]} unknown
 */
function isDigest(digest, lengths, unknown) {
  if (!Array.isArray(digest) || digest.length !== 2 || !isInteger(digest[0]) || !isBytes(digest[1])) return false;
  const [algorithm, value] = digest;
  if (Object.hasOwn(lengths, algorithm)) return value.length === lengths[algorithm];
  if ([-16, -43, -44].includes(algorithm)) return false; // known, and belongs to another field
  unknown.push(`unknown digest algorithm ${algorithm}`);
  return true;
}

/** @type {Rule} */
function isDigestList(digests, unknown) {
  if (!isArrayOf(digests, (one) => isDigest(one, { [-43]: 48, [-44]: 64 }, unknown)) || digests.length > 2) return false;
  const [first, second] = digests.map(([algorithm]) => algorithm);
  return isAscending(digests) && (first !== second || (first !== -43 && first !== -44));
}

/** @type {Rule} */
function isMediaType(value) {
  return isMatch(value, /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/) && value.length <= 127;
}

/** @type {Rule} */
function isPayment(payment, unknown) {
  if (!Array.isArray(payment) || !isCount(payment[0])) return false;
  const [type, m, e, currency] = payment;
  const kind = PAYMENT_KINDS[type - 1];
  if (kind === undefined) return unknown.push(`unknown payment type ${type}`) > 0;
  if (payment.length !== (isShare(kind) ? 2 : 4) + Number(isPool(kind))) return false;
  if (isPool(kind)) {
    const division = payment.at(-1);
    if (!isCount(division)) return false;
    if (DIVISIONS[division - 1] === undefined) unknown.push(`unknown division ${division}`);
  }
  if (isShare(kind)) return isWithin(m, 1, 10000);
  if (!isWithin(m, 1, MAX_INT) || !isWithin(e, 0, 9) || !isMatch(currency, /^[A-Z]{3}$/)) return false;
  return e === 0 || m % 10 !== 0; // one amount, one spelling
}

/** @type {Rule} */
function isRevocation(revocation, unknown) {
  if (!isArrayOf(revocation, isCount) || revocation.length !== 2) return false;
  const [mode, days] = revocation;
  if (mode > 2) return unknown.push(`unknown revocation mode ${mode}`) > 0;
  return mode === 0 ? days === 0 : isWithin(days, 1, 3650);
}

/** A bit set with at least one bit. @type {(known: number) => Rule} */
const bitSet = (known) => (value, unknown) => {
  if (value > known) unknown.push("unknown bit");
  return isWithin(value, 1, MAX_INT);
};

/** @type {Rule} */
function isErasure(erasure, unknown) {
  return Array.isArray(erasure) && erasure.length === 2 && isWithin(erasure[0], 1, 365) && bitSet(15)(erasure[1], unknown);
}

/** @type {Rule} */
function isTerritory(codes) {
  if (!isArrayOf(codes, (code) => isMatch(code, /^([A-Z]{2}|001)$/)) || !isAscending(codes)) return false;
  return codes.length === 1 || !codes.includes("001");
}

/** @type {Rule} */
function isTemplate(template, unknown) {
  if (template !== "en-1") unknown.push("unknown template");
  return typeof template === "string";
}

const CREATOR = mapOf("creator", must(0, "key", isKey), may(1, "name", text(200)),
  may(2, "share", () => false), // known, and redundant where there is one creator
  may(3, "recovery key", bytes(32)), may(4, "acts for", text(200)));

const WORK = mapOf("work", must(0, "digest", (value, unknown) => isDigest(value, { [-16]: 32 }, unknown)), may(1, "title", text(200)),
  may(2, "media type", isMediaType), may(3, "size", isCount), may(4, "digests", isDigestList),
  may(5, "ISCC codes", (codes) => isArrayOf(codes, (code) => isMatch(code, /^ISCC:[A-Z2-7]{10,80}$/)) && isAscending(codes)));

const GRANTEE = mapOf("grantee", must(0, "name", text(200)), may(1, "address", address("https", "did")), may(2, "key", bytes(32)));

const CONTRACT = mapOf("contract",
  must(0, "kind", (kind) => kind === 1),
  must(1, "creators", (creators, unknown) => Array.isArray(creators) && creators.length === 1 && CREATOR(creators[0], unknown)),
  must(2, "work", WORK),
  must(3, "grantee", GRANTEE),
  must(4, "uses", bitSet(2 ** USES.length - 1)),
  must(5, "payments", (value, unknown) => isArrayOf(value, (one) => isPayment(one, unknown), 0) && isAscending(value)),
  must(6, "revocation", isRevocation),
  must(7, "template", isTemplate),
  may(8, "erasure", isErasure),
  must(9, "territory", isTerritory),
  may(10, "exclusive", isTrue),
  may(11, "pass-on", isTrue),
  may(12, "purpose", text(1000)),
  may(13, "credit", text(200)),
  may(14, "report", within(1, 12)),
  may(15, "list key", bytes(32)));

const STATUS_ENTRY = mapOf("status_list", must("idx", "idx", isCount), must("uri", "uri", isListAddress));

const CLAIMS = mapOf("claims", must(4, "exp", isTime), may(5, "nbf", isTime), must(6, "iat", isTime), may(7, "salt", bytes(16)),
  may(STATUS, "status", mapOf("status", must("status_list", "status_list", STATUS_ENTRY))), must(PRIVATE, "contract", CONTRACT));

/**
 * The rules across fields.
 * @param {Map<any, any>} claims
 * @param {PublicKey | null} key The creator's key, null where its type is unknown.
 */
function checkAcross(claims, key) {
  const body = claims.get(PRIVATE);
  const [exp, nbf, iat] = [claims.get(4), claims.get(5), claims.get(6)];
  need(nbf === undefined || nbf > iat, "nbf is not later than iat");
  need(exp > (nbf ?? iat) && exp - (nbf ?? iat) <= MAX_TERM, "exp is not within 18,263 days after the start");
  need(body.get(3).has(1) || body.get(3).has(2), "grantee without address and key");
  need((body.get(4) & IMITATE) === 0 || body.has(12), "use 7 (imitate) without a purpose");
  const [mode] = body.get(6);
  if (mode <= 2) need(claims.has(STATUS) === mode > 0, "the status claim does not fit the revocation mode");
  need(mode !== 0 || !body.has(15), "a list key, where nothing can be revoked");
  // Each thumbprint has one part to play.
  const print = key && key.thumbprint;
  const [recovery, listKey, grantee] = [body.get(1)[0].get(3), body.get(15), body.get(3).get(2)].map((one) => one && hex(one));
  need(listKey === undefined || listKey !== print, "the list key is the creator's");
  need(recovery === undefined || ![print, listKey, grantee].includes(recovery), "the recovery key has another part too");
}

/**
 * The terms of a contract that passed every check, with the names of the Python library.
 * @param {Map<any, any>} claims
 * @param {PublicKey} key
 * @returns {Terms}
 */
function termsOf(claims, key) {
  const body = claims.get(PRIVATE);
  const [creator] = body.get(1);
  const work = body.get(2);
  const grantee = body.get(3);
  const digests = new Map(work.get(4) ?? []);
  const reference = claims.get(STATUS)?.get("status_list");
  const erasure = body.get(8);
  const territory = body.get(9);
  /** @param {any} bytes */
  const hexOrNull = (bytes) => (bytes === undefined ? null : hex(bytes));
  return frozen({
    creator: { key, name: creator.get(1) ?? null, recovery: hexOrNull(creator.get(3)), actsFor: creator.get(4) ?? null },
    work: {
      sha256: hex(work.get(0)[1]),
      title: work.get(1) ?? null,
      mediaType: work.get(2) ?? null,
      size: work.get(3) ?? null,
      sha384: hexOrNull(digests.get(-43)),
      sha512: hexOrNull(digests.get(-44)),
      iscc: work.get(5) ?? [],
    },
    issued: claims.get(6),
    expires: claims.get(4),
    grantee: { name: grantee.get(0), uri: grantee.get(1) ?? null, key: hexOrNull(grantee.get(2)) },
    uses: USES.map(([use]) => use).filter((_, bit) => body.get(4) & (1 << bit)),
    payments: body.get(5).map(paymentOf),
    revocation: { mode: body.get(6)[0], days: body.get(6)[1] },
    territory,
    erasure: erasure ? { days: erasure[0], what: erasure[1] } : null,
    exclusive: body.has(10),
    passOn: body.has(11),
    purpose: body.get(12) ?? null,
    credit: body.get(13) ?? null,
    reportMonths: body.get(14) ?? null,
    listKey: hexOrNull(body.get(15)),
    notBefore: claims.get(5) ?? null,
    status: reference ? { uri: reference.get("uri"), idx: reference.get("idx") } : null,
    salt: hexOrNull(claims.get(7)),
    starts: claims.get(5) ?? claims.get(6),
    isWorldwide: territory[0] === "001",
  });
}

/** @param {any[]} payment @returns {Payment} */
function paymentOf([type, amount, ...rest]) {
  const kind = PAYMENT_KINDS[type - 1];
  const division = isPool(kind) ? DIVISIONS[rest.pop() - 1] : null;
  const [decimals = 0, currency = ""] = rest;
  return { kind, amount, decimals, currency, division };
}

/**
 * Test c of spec §3.9, which reads no further. Undefined where there is no kind, a fault of test d.
 * @param {Map<any, any>} claims
 * @param {number[]} known
 */
function kindIn(claims, ...known) {
  const body = claims.get(PRIVATE);
  const kind = body instanceof Map ? body.get(0) : undefined;
  if (!isCount(kind)) return undefined;
  if (!known.includes(kind)) throw new RefusedError("unsupported", 2, `kind ${kind}`);
  return kind;
}

/** Spec §5 steps 1 and 2; tests a to e of §3.9, and of a batch a to g of §12.3. @type {typeof api.parseContract} */
export async function parseContract(data) {
  const envelope = openEnvelope(data, CONTRACT_FILE);
  /** @type {string[]} */
  const unknown = [];
  const leaf = kindIn(envelope.claims, 1, BATCH) === BATCH ? readLeaf(envelope, unknown) : null;
  if (leaf === null) checkHeaders(envelope, unknown);
  const { claims, payload } = leaf ?? envelope;
  CLAIMS(claims, unknown);
  const key = await readSigner(envelope, claims.get(PRIVATE).get(1)[0].get(0));
  checkAcross(claims, key);
  need(leaf === null || claims.has(7), "a contract of a batch without a salt");
  refuseUnknown(unknown);
  const terms = termsOf(claims, /** @type {PublicKey} */ (key)); // one of unknown type was refused
  return frozen({ terms, sign1: sign1Of(envelope), payload, contractId: hex(await sha(256, payload)), place: leaf?.place ?? null });
}

// ===== One contract of a batch (spec §12.1 to §12.3)

const UNPROTECTED_OF_BATCH = mapOf("unprotected header", ...LABELS, must(PRIVATE, "place in the batch", isPlace));

const HEAD_CLAIMS = mapOf("claims", must(PRIVATE, "batch", mapOf("batch",
  must(0, "kind", (kind) => kind === BATCH), must(1, "size", within(2, MOST_IN_A_BATCH)), must(2, "root", bytes(32)))));

/** @type {Rule} */
function isPlace(place) {
  if (!Array.isArray(place) || place.length !== 3) return false;
  const [payload, index, path] = place;
  return isBytes(payload) && payload.length <= CONTRACT_FILE.payload && isCount(index) && isArrayOf(path, (one) => isBytes(one, 32));
}

/** What the head of a batch says. @param {Map<any, any>} claims @returns {{ size: number, root: string }} */
function headOf(claims) {
  const body = claims.get(PRIVATE);
  return { size: body.get(1), root: hex(body.get(2)) };
}

/**
 * Tests d and e of spec §12.3: the contract, and its place. What is unknown in the head is noted.
 * @param {Envelope} envelope
 * @param {string[]} unknown
 */
function readLeaf(envelope, unknown) {
  HEAD_CLAIMS(envelope.claims, unknown);
  checkHeaders(envelope, unknown, UNPROTECTED_OF_BATCH);
  const { size, root } = headOf(envelope.claims);
  const [payload, index, path] = envelope.unprotectedHeader.get(PRIVATE);
  need(index < size, `index is ${index}, the size of the batch ${size}`);
  const sides = sidesOf(index, size);
  need(path.length === sides.length, `the path has ${path.length} hashes, index and size require ${sides.length}`);
  const claims = claimsOfLeaf(payload);
  const kind = kindIn(claims, 1, BATCH);
  need(kind !== undefined && kind !== BATCH, "the contract of a batch has no kind, or is a batch itself");
  return { claims, payload, place: { size, root, index, path: path.map(hex) } };
}

/** The map of a leaf. It is no file, so its faults are those of a field. @param {Bytes} payload */
function claimsOfLeaf(payload) {
  try {
    return oneMap(payload, CONTRACT_FILE, "contract of a batch");
  } catch (error) {
    if (error instanceof RefusedError) throw new RefusedError("malformed", 2, `in the contract of a batch: ${error.message}`);
    throw error;
  }
}

/**
 * On which side of the way from a leaf to the root each hash of its path is, the lowest first (RFC 9162 §2.1.3.1).
 * @param {number} index
 * @param {number} size
 * @returns {("left" | "right")[]}
 */
function sidesOf(index, size) {
  if (size === 1) return [];
  let half = 1;
  while (half * 2 < size) half *= 2;
  return index < half ? [...sidesOf(index, half), "right"] : [...sidesOf(index - half, size - half), "left"];
}

/** @param {Bytes} payload */
const leafHash = (payload) => sha(256, concat(Uint8Array.of(0), payload));
/** @param {Bytes} left @param {Bytes} right */
const nodeHash = (left, right) => sha(256, concat(Uint8Array.of(1), left, right));

/** Spec §12.3, the second half of step 3. A contract that was signed alone passes. @param {UnverifiedContract} contract */
async function checkRoot({ payload, place }) {
  if (place === null) return;
  const sides = sidesOf(place.index, place.size);
  let hash = await leafHash(payload);
  for (const [level, sibling] of place.path.map(fromHex).entries()) {
    hash = await (sides[level] === "left" ? nodeHash(sibling, hash) : nodeHash(hash, sibling));
  }
  const found = hex(hash);
  if (found !== place.root) throw new RefusedError("bad-signature", 3, `the contract leads to the root ${found}, signed is ${place.root}`);
}

// ===== Ed25519-strict (spec §4.2)

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** y of the encodings of small order; the top bit, the sign of x, does not matter for any of them. */
const OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = new Set([0n, 1n, OF_ORDER_8, P - OF_ORDER_8, P - 1n]);

/** @param {Uint8Array} bytes */
const littleEndian = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

/** @param {Uint8Array} encoded */
function isSoundPoint(encoded) {
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER_Y.has(y);
}

/** @param {Bytes} x @param {Bytes} signature @param {Bytes} message */
async function webCryptoVerify(x, signature, message) {
  const key = await subtle().importKey("raw", x, { name: "Ed25519" }, false, ["verify"]);
  return (await subtle().verify({ name: "Ed25519" }, key, signature, message)) === true;
}

// A key, its signature of no bytes (RFC 8032 §7.1 test 1), and one that fits only the cofactored equation.
const SELF_TEST = [
  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  "08a9bcff3c9f538d6f791d337f917d757b7880e1471a268b278c1f9addb6feaac409cc8967fcb80e750598547122f29e829c5e9905cdcc54fc14e09c712db707",
];

/** The outcome of the one self-test. @type {Promise<void> | undefined} */
let environment;

/** Without this an environment that lacks Ed25519 would call every contract a forgery. */
function checkEnvironment() {
  environment ??= selfTest();
  return environment;
}

async function selfTest() {
  const [x, good, cofactored] = SELF_TEST.map(fromHex);
  const none = new Uint8Array(0);
  if (!(await webCryptoVerify(x, good, none).catch(() => false))) throw new Error("no Ed25519 in WebCrypto here");
  // A signature that only fits the equation multiplied by the cofactor (spec §4.2, step 5).
  if (await webCryptoVerify(x, cofactored, none).catch(() => false)) throw new Error("Ed25519 in WebCrypto is not strict here");
}

/**
 * Step 3: every failure is the same answer, an exception included.
 * @param {PublicKey} key
 * @param {Sign1} sign1
 */
async function checkSignature(key, { signature, sigStructure }) {
  await checkEnvironment();
  /** @param {string} why */
  const bad = (why) => new RefusedError("bad-signature", 3, `the signature is not by key ${key.thumbprint} over these bytes: ${why}`);
  const x = fromHex(key.x);
  if (signature.length !== 64) throw bad(`it is ${signature.length} bytes long`);
  if (littleEndian(signature.subarray(32)) >= L) throw bad("S is not less than L");
  if (!isSoundPoint(x)) throw bad("the key is not canonical or of small order");
  if (!isSoundPoint(signature.subarray(0, 32))) throw bad("R is not canonical or of small order");
  if (!(await webCryptoVerify(x, signature, sigStructure).catch(() => false))) throw bad("the equation does not hold");
}

// ===== zlib (RFC 1950 and 1951)
//
// Not DecompressionStream: environments differ on bytes after the stream, and it cannot be told to
// stop at a limit before it has made more. What libz refuses is refused here too.
//
// The work is bounded by the length of the input and of the output: each bit is read once, and a
// block costs little beside its bits. The fixed codes, which cost a block no bits, are made once.

const NOT_ZLIB = "the compressed part is not exactly one zlib stream";
const STRIDE = 65536; // bytes of output, after which a watcher looks at it

/**
 * Base values and extra bits of RFC 1951 §3.2.5: after `plain` single values, each `group` codes share a number of
 * extra bits.
 * @param {number} size
 * @param {number} first
 * @param {number} plain
 * @param {number} group
 */
function baseTable(size, first, plain, group) {
  const extra = Array.from({ length: size }, (_, i) => (i < plain ? 0 : Math.floor((i - plain) / group) + 1));
  const base = [first];
  for (let i = 1; i < size; i++) base.push(base[i - 1] + 2 ** extra[i - 1]);
  return { base, extra };
}

const LENGTHS = baseTable(28, 3, 8, 4);
LENGTHS.base.push(258); // the last length has a code of its own
LENGTHS.extra.push(0);
const DISTANCES = baseTable(30, 1, 4, 2);
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * A canonical Huffman code: how many codes of each length, and the symbols in the order of their codes.
 * @typedef {{ counts: Uint16Array, symbols: Uint16Array }} Huffman
 */

/** @param {Uint8Array} lengths @param {boolean} mayBeIncomplete @returns {Huffman} */
function huffman(lengths, mayBeIncomplete) {
  const counts = new Uint16Array(16);
  for (let i = 0; i < lengths.length; i++) counts[lengths[i]]++;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length < 16; length++) {
    left = left * 2 - counts[length];
    need(left >= 0, NOT_ZLIB);
  }
  // A code may leave places free only if it has at most one symbol, of one bit.
  need(left === 0 || (mayBeIncomplete && used === counts[1]), NOT_ZLIB);
  const offsets = new Uint16Array(17);
  for (let length = 1; length < 16; length++) offsets[length + 1] = offsets[length] + counts[length];
  const symbols = new Uint16Array(used);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    if (lengths[symbol] > 0) symbols[offsets[lengths[symbol]]++] = symbol;
  }
  return { counts, symbols };
}

/** The codes of RFC 1951 §3.2.6. @type {{ literals: Huffman, distances: Huffman } | undefined} */
let fixedCodes;

function makeFixedCodes() {
  const lengths = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return { literals: huffman(lengths, false), distances: huffman(new Uint8Array(32).fill(5), false) };
}

/** Looks at what was inflated so far, and refuses it as soon as it can. @typedef {(out: Bytes, size: number) => void} Watcher */

class Inflater {
  /** @param {Uint8Array} bytes @param {number} limit @param {Watcher} watch */
  constructor(bytes, limit, watch) {
    this.bytes = bytes;
    this.at = 2;
    this.bit = 0;
    this.limit = limit;
    this.watch = watch;
    this.out = new Uint8Array(Math.min(limit, 4096));
    this.room = this.out.length; // up to here nobody needs to look
    this.size = 0;
    this.lengths = new Uint8Array(286 + 30); // of the codes of a dynamic block
  }

  /** @param {number} count */
  bits(count) {
    let value = 0;
    for (let i = 0; i < count; i++) {
      need(this.at < this.bytes.length, NOT_ZLIB);
      value |= ((this.bytes[this.at] >> this.bit) & 1) << i;
      if (++this.bit === 8) {
        this.bit = 0;
        this.at++;
      }
    }
    return value;
  }

  /** @param {Huffman} code */
  symbol({ counts, symbols }) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.bits(1);
      if (code - first < counts[length]) return symbols[index + code - first];
      index += counts[length];
      first = (first + counts[length]) << 1;
      code <<= 1;
    }
    throw new RefusedError("malformed", 2, NOT_ZLIB);
  }

  /** Room for more output, never more than the limit allows. @param {number} count */
  reserve(count) {
    const size = this.size + count;
    if (size <= this.room) return;
    need(size <= this.limit, `the compressed part inflates to more than ${this.limit} bytes`);
    this.watch(this.out, this.size);
    if (size > this.out.length) {
      const bigger = new Uint8Array(Math.min(this.limit, Math.max(this.out.length * 2, size)));
      bigger.set(this.out);
      this.out = bigger;
    }
    this.room = Math.min(this.out.length, size + STRIDE);
  }

  stored() {
    if (this.bit > 0) {
      this.bit = 0;
      this.at++;
    }
    const { bytes } = this;
    need(this.at + 4 <= bytes.length, NOT_ZLIB);
    const length = bytes[this.at] | (bytes[this.at + 1] << 8);
    const check = bytes[this.at + 2] | (bytes[this.at + 3] << 8);
    need(length === (check ^ 0xffff), NOT_ZLIB);
    this.at += 4;
    need(this.at + length <= bytes.length, NOT_ZLIB);
    this.reserve(length);
    this.out.set(bytes.subarray(this.at, this.at + length), this.size);
    this.size += length;
    this.at += length;
  }

  /** @param {Huffman} literals @param {Huffman} distances */
  compressed(literals, distances) {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.reserve(1);
        this.out[this.size++] = symbol;
        continue;
      }
      need(symbol <= 285, NOT_ZLIB);
      const length = LENGTHS.base[symbol - 257] + this.bits(LENGTHS.extra[symbol - 257]);
      const far = this.symbol(distances);
      need(far < 30, NOT_ZLIB);
      const distance = DISTANCES.base[far] + this.bits(DISTANCES.extra[far]);
      need(distance <= this.size, NOT_ZLIB); // there is no dictionary
      this.reserve(length);
      for (let i = 0; i < length; i++, this.size++) this.out[this.size] = this.out[this.size - distance];
    }
  }

  fixed() {
    fixedCodes ??= makeFixedCodes();
    this.compressed(fixedCodes.literals, fixedCodes.distances);
  }

  dynamic() {
    const literalCount = this.bits(5) + 257;
    const distanceCount = this.bits(5) + 1;
    const codeCount = this.bits(4) + 4;
    need(literalCount <= 286 && distanceCount <= 30, NOT_ZLIB);
    const codeLengths = new Uint8Array(19);
    for (let i = 0; i < codeCount; i++) codeLengths[CODE_ORDER[i]] = this.bits(3);
    const lengths = this.codeLengths(huffman(codeLengths, false), literalCount + distanceCount);
    need(lengths[256] > 0, NOT_ZLIB); // a block that could not end
    this.compressed(huffman(lengths.subarray(0, literalCount), true), huffman(lengths.subarray(literalCount), true));
  }

  /** The `count` lengths of the codes of a dynamic block, read by `code`. @param {Huffman} code @param {number} count */
  codeLengths(code, count) {
    const { lengths } = this;
    for (let filled = 0; filled < count; ) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths[filled++] = symbol;
        continue;
      }
      need(symbol !== 16 || filled > 0, NOT_ZLIB); // nothing to repeat yet
      const value = symbol === 16 ? lengths[filled - 1] : 0;
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      need(filled + times <= count, NOT_ZLIB);
      lengths.fill(value, filled, filled + times);
      filled += times;
    }
    return lengths.subarray(0, count);
  }

  run() {
    for (let last = 0; last === 0; ) {
      last = this.bits(1);
      const type = this.bits(2);
      need(type < 3, NOT_ZLIB);
      if (type === 0) this.stored();
      else if (type === 1) this.fixed();
      else this.dynamic();
    }
    if (this.bit > 0) this.at++;
    return this.out.subarray(0, this.size);
  }
}

/** @param {Uint8Array} bytes */
function adler32(bytes) {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; ) {
    const stop = Math.min(i + 5552, bytes.length); // as far as the sums stay below 2^32
    for (; i < stop; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/**
 * Exactly one zlib stream, inflated to 1 ... `limit` bytes (spec §7.1).
 * @param {Uint8Array} bytes
 * @param {Watcher} watch
 */
export function inflate(bytes, limit = MAX_INFLATED, watch = () => {}) {
  need(bytes.length >= 2, NOT_ZLIB);
  need((bytes[0] & 15) === 8 && bytes[0] >> 4 <= 7, NOT_ZLIB); // deflate, CINFO at most 7
  need((bytes[0] * 256 + bytes[1]) % 31 === 0, NOT_ZLIB);
  need((bytes[1] & 32) === 0, NOT_ZLIB); // no preset dictionary
  const inflater = new Inflater(bytes, limit, watch);
  const out = inflater.run();
  const rest = bytes.subarray(inflater.at);
  need(rest.length === 4, NOT_ZLIB);
  need(new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0) === adler32(out), NOT_ZLIB);
  need(out.length > 0, "the compressed part inflates to nothing");
  return out;
}

// ===== Batch files (spec §12.4)

/** The start of an item of CBOR: its major type and its argument, below 2^32. @param {number} major @param {number} value */
function itemHead(major, value) {
  if (value < 24) return Uint8Array.of((major << 5) | value);
  const log = value < 2 ** 8 ? 0 : value < 2 ** 16 ? 1 : 2; // of the bytes that the argument takes
  const argument = new DataView(new ArrayBuffer(4));
  argument.setUint32(0, value);
  return concat(Uint8Array.of((major << 5) | (24 + log)), new Uint8Array(argument.buffer, 4 - 2 ** log));
}

/** @param {Bytes} content @returns {Bytes[]} */
const byteStringParts = (content) => [itemHead(2, content.length), content];

/** Finds the payloads in a stream while it is inflated. */
class PayloadFinder {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.at = 0;
    /** @type {[number, number][]} */
    this.spans = []; // where each payload begins and ends
  }

  /** All byte strings that are whole by now. @param {Bytes} out @param {number} size */
  watch(out, size) {
    for (;;) {
      const start = this.at;
      const [first, second = 0, third = 0] = out.subarray(start, Math.min(start + 3, size));
      const width = first === 0x58 ? 1 : first === 0x59 ? 2 : 0;
      if (first === undefined || size < start + 1 + width) return;
      const length = width === 0 ? first - 0x40 : width === 1 ? second : second * 256 + third;
      need(this.spans.length < this.size, `the stream holds more than ${this.size} contracts`);
      const fits = length >= [1, 24, 256][width] && length <= [23, 255, CONTRACT_FILE.payload][width];
      need(fits, `a contract in the stream is not a byte string of 1 to ${CONTRACT_FILE.payload} bytes`);
      const begin = start + 1 + width;
      if (size < begin + length) return;
      need(this.isNext(out, begin, begin + length), "the contracts in the stream are not in ascending order");
      this.spans.push([begin, begin + length]);
      this.at = begin + length;
    }
  }

  /**
   * Whether a payload is greater, bytewise, than the one before.
   * @param {Bytes} out
   * @param {number} begin
   * @param {number} end
   */
  isNext(out, begin, end) {
    const before = this.spans.at(-1);
    if (before === undefined) return true;
    let [at, last] = before;
    while (at < last && begin < end && out[at] === out[begin]) {
      at++;
      begin++;
    }
    return at === last ? begin < end : begin < end && out[at] < out[begin];
  }

  /** @param {Bytes} out */
  payloads(out) {
    this.watch(out, out.length);
    need(this.at === out.length && this.spans.length === this.size, `the stream does not hold exactly ${this.size} contracts`);
    return this.spans.map(([begin, end]) => out.subarray(begin, end));
  }
}

/** @param {Bytes} stream @param {number} size */
function payloadsIn(stream, size) {
  const finder = new PayloadFinder(size);
  const longest = size * (CONTRACT_FILE.payload + 3); // whatever is longer holds more, or longer ones
  return finder.payloads(inflate(stream, Math.min(MAX_BATCH, longest), (out, filled) => finder.watch(out, filled)));
}

/**
 * The levels of the tree over the payloads, from the hashes of the leaves to the root alone. Pairs from the left, with
 * what is left over going up as it is, are the tree of RFC 9162.
 * @param {Bytes[]} payloads
 */
async function treeOf(payloads) {
  let level = await Promise.all(payloads.map(leafHash));
  const levels = [level];
  while (level.length > 1) {
    const below = level;
    const lefts = below.filter((_, at) => at % 2 === 0);
    level = await Promise.all(lefts.map((left, at) => (2 * at + 1 < below.length ? nodeHash(left, below[2 * at + 1]) : left)));
    levels.push(level);
  }
  return levels;
}

/** The SHA-256 of the work that a payload names, to find contracts by. What cannot be read names none. @param {Bytes} payload */
function workNamedIn(payload) {
  try {
    const digest = /** @type {any} */ (decode(payload)).get(PRIVATE).get(2).get(0)[1];
    return isBytes(digest, 32) ? hex(digest) : null;
  } catch {
    return null;
  }
}

/** @param {Bytes[]} payloads */
function indexesByWork(payloads) {
  /** @type {Map<string, number[]>} */
  const indexes = new Map();
  for (const [index, payload] of payloads.entries()) {
    const work = workNamedIn(payload);
    if (work === null) continue;
    if (!indexes.has(work)) indexes.set(work, []);
    indexes.get(work)?.push(index);
  }
  return indexes;
}

export class Batch {
  #envelope;
  #payloads;
  #levels;
  /** @type {Map<string, number[]> | undefined} */
  #works;

  /** @param {symbol} token @param {Envelope} envelope @param {Bytes[]} payloads @param {Bytes[][]} levels */
  constructor(token, envelope, payloads, levels) {
    checkMaker(token, "Batch");
    this.size = payloads.length;
    this.root = headOf(envelope.claims).root;
    this.#envelope = envelope;
    this.#payloads = payloads;
    this.#levels = levels;
    Object.freeze(this);
  }

  /** @param {number} index */
  contract(index) {
    if (!isWithin(index, 0, this.size - 1)) throw new RangeError(`index is ${index}, expected an integer from 0 to ${this.size - 1}`);
    const path = this.#levels.slice(0, -1).flatMap((level, depth) => level[(index >> depth) ^ 1] ?? []);
    const place = [itemHead(4, 3), ...byteStringParts(this.#payloads[index]), itemHead(0, index),
      itemHead(4, path.length), ...path.flatMap(byteStringParts)];
    const [before, labels, after] = this.#envelope.parts;
    // The other labels are a few positive integers, so the private one is the last.
    const count = itemHead(5, this.#envelope.unprotectedHeader.size + 1);
    return concat(before, count, labels.subarray(1), itemHead(1, -1 - PRIVATE), ...place, after);
  }

  /** @param {string} sha256 */
  find(sha256) {
    this.#works ??= indexesByWork(this.#payloads);
    return [...this.#works.get(sha256) ?? []];
  }
}

/** Tests 1 to 5 of spec §12.4. @type {typeof api.openBatch} */
export async function openBatch(data) {
  const file = ownBytes(data, MAX_BATCH_FILE);
  if (file.length > MAX_BATCH_FILE) throw misencoded(`longer than ${MAX_BATCH_FILE} bytes`);
  const reader = new Reader(file, true);
  const [major, count] = reader.head();
  if (major !== 4 || count !== 2) throw misencoded("not an array of a head and a stream");
  const { content: head } = byteString(reader, MAX_BATCH_FILE, "head");
  const { content: stream } = byteString(reader, MAX_BATCH_FILE, "stream");
  reader.finish();
  if (head[0] !== 0xd2) throw misencoded("the head is not a COSE_Sign1"); // nor one of several creators
  const envelope = openEnvelope(head, CONTRACT_FILE);
  const { claims, protectedHeader, unprotectedHeader } = envelope;
  kindIn(claims, BATCH);
  /** @type {string[]} */
  const unknown = [];
  HEAD_CLAIMS(claims, unknown);
  checkHeaders(envelope, unknown);
  need(!protectedHeader.has(PRIVATE) && !unprotectedHeader.has(PRIVATE), "the head of a batch file has a contract in its headers");
  const { size, root } = headOf(claims);
  const payloads = payloadsIn(stream, size);
  refuseUnknown(unknown);
  const levels = await treeOf(payloads);
  const found = hex(levels[levels.length - 1][0]);
  if (found !== root) throw new RefusedError("bad-signature", 3, `the contracts lead to the root ${found}, signed is ${root}`);
  return new Batch(BY_VERIFYING, envelope, payloads, levels);
}

// ===== Status lists (spec §7)

const LIST_CLAIMS = mapOf("claims", must(2, "sub", isListAddress), must(4, "exp", isTime), must(6, "iat", isTime),
  may(TTL, "ttl", within(1, MAX_INT)),
  must(STATUS_LIST, "status list", mapOf("status list",
    must("bits", "bits", (bits) => [1, 2, 4, 8].includes(bits)),
    must("lst", "lst", bytes()),
    may("aggregation_uri", "aggregation_uri", (value) => typeof value === "string"))),
  must(PRIVATE, "list map", mapOf("list map", may(1, "list before", bytes(32)), must(2, "key", isKey))));

class ListTerms {
  #statuses;

  /** @param {Map<any, any>} claims @param {api.PublicKey} signer @param {Uint8Array} statuses */
  constructor(claims, signer, statuses) {
    const previous = claims.get(PRIVATE).get(1);
    /** @type {string} */
    this.uri = claims.get(2);
    this.signer = signer;
    /** @type {number} */
    this.issued = claims.get(6);
    /** @type {number} */
    this.expires = claims.get(4);
    /** @type {1 | 2 | 4 | 8} */
    this.bits = claims.get(STATUS_LIST).get("bits");
    /** @type {number | null} */
    this.ttl = claims.get(TTL) ?? null;
    this.previous = previous === undefined ? null : hex(previous);
    this.size = (statuses.length * 8) / this.bits;
    this.#statuses = statuses;
    Object.freeze(this);
  }

  /** @param {number} idx */
  valueAt(idx) {
    if (!isCount(idx)) throw new RangeError(`idx is ${idx}, expected an integer from 0`);
    if (idx >= this.size) return null;
    const perByte = 8 / this.bits; // from the least significant bit of each byte
    return (this.#statuses[Math.floor(idx / perByte)] >> ((idx % perByte) * this.bits)) & (2 ** this.bits - 1);
  }
}

Object.freeze(ListTerms.prototype); // a value is read through it

const VERIFIED_LISTS = new WeakSet();

export class StatusList {
  #data;

  /** @param {symbol} token @param {UnverifiedStatusList} parsed @param {Bytes} data */
  constructor(token, { terms, objectId }, data) {
    checkMaker(token, "StatusList");
    this.terms = terms;
    this.objectId = objectId;
    this.#data = data;
    VERIFIED_LISTS.add(Object.freeze(this));
  }

  get data() {
    return this.#data.slice();
  }
}

/** Refuses what only looks like a list: one that was parsed, copied or built by hand. @param {any} value */
function checkVerified(value) {
  if (!VERIFIED_LISTS.has(value)) throw new TypeError("status has an item that is not a StatusList, as verifyStatusList makes it");
}

/** Both maps of a list are well formed, but `lst` was not inflated. @param {Envelope} envelope @param {string[]} unknown */
async function checkList(envelope, unknown) {
  const { claims } = envelope;
  checkHeaders(envelope, unknown);
  LIST_CLAIMS(claims, unknown);
  const [exp, iat] = [claims.get(4), claims.get(6)];
  need(iat < exp && exp - iat <= MAX_LIST_TERM, "exp is not within 366 days after iat");
  return readSigner(envelope, claims.get(PRIVATE).get(2));
}

/** As parseStatusList, but for what must be inflated. @type {typeof api.outline} */
export async function outline(data) {
  const envelope = openEnvelope(data, LIST_FILE);
  /** @type {string[]} */
  const unknown = [];
  const signer = await checkList(envelope, unknown);
  refuseUnknown(unknown);
  return frozen({ uri: envelope.claims.get(2), signer: /** @type {PublicKey} */ (signer) }); // one of unknown type was refused
}

/** Spec §7.1, but for the signature. @type {typeof api.parseStatusList} */
export async function parseStatusList(data) {
  const envelope = openEnvelope(data, LIST_FILE);
  const { claims } = envelope;
  /** @type {string[]} */
  const unknown = [];
  const signer = await checkList(envelope, unknown);
  const statuses = inflate(claims.get(STATUS_LIST).get("lst"));
  refuseUnknown(unknown);
  const terms = new ListTerms(claims, /** @type {PublicKey} */ (signer), statuses); // one of unknown type was refused
  return frozen({ terms, sign1: sign1Of(envelope), objectId: hex(await sha(256, envelope.payload)) });
}

/** Spec §7.1. @type {typeof api.verifyStatusList} */
export async function verifyStatusList(data) {
  const own = ownBytes(data, LIST_FILE.file);
  const parsed = await parseStatusList(own);
  await checkSignature(parsed.terms.signer, parsed.sign1);
  return new StatusList(BY_VERIFYING, parsed, own);
}

/** Spec §7.2. @type {typeof api.whyNotAcceptable} */
export function whyNotAcceptable({ status, creator, listKey }, { uri, signer }) {
  if (status === null) return "the contract cannot be revoked and needs no list";
  if (uri !== status.uri) return `it is list ${uri}, the contract names ${status.uri}`;
  if ([creator.key.thumbprint, creator.recovery, listKey].includes(signer.thumbprint)) return null;
  return `it is signed by ${signer.thumbprint}, which may not speak for this contract`;
}

/**
 * What one acceptable list says of one contract, without the list, which can be 16 MiB.
 * @typedef {{ objectId: string, previous: string | null, signer: string, issued: number, expires: number, size: number,
 *   value: number | null }} Said
 */

/**
 * What each list says of the contract, but for those that may not speak for it. One at a time, since each may fill 16 MiB.
 * @param {Terms} terms
 * @param {Question["status"]} lists
 */
async function saidOf(terms, lists) {
  /** @type {Said[]} */
  const said = [];
  if (terms.status === null) return said;
  for await (const list of lists) {
    checkVerified(list);
    const { signer, issued, expires, size, previous } = list.terms;
    if (whyNotAcceptable(terms, list.terms) !== null) continue;
    const value = list.terms.valueAt(terms.status.idx);
    said.push({ objectId: list.objectId, previous, signer: signer.thumbprint, issued, expires, size, value });
  }
  return said;
}

/**
 * Step 13, spec §7.4: as statusIn, of lists that may be dated back where something is known of when they existed.
 * @param {Terms} terms
 * @param {readonly Said[]} said
 * @param {Asked} asked
 */
function statusOf(terms, said, { at, maxStatusAge, seen }) {
  try {
    return statusIn(terms, said, at, maxStatusAge);
  } catch (error) {
    if (seen === null || !(error instanceof RefusedError)) throw error;
    const asOf = statusShown(terms, shownAt(said, seen, at), at, maxStatusAge); // rule 4
    if (asOf === null) throw error;
    const message = `${error.message}, by lists that cannot be shown to have existed then; the list of ${timeText(asOf)} can, and by it the contract held`;
    throw new RefusedError("status-disputed", 13, message, error.since, { against: error.code, asOf });
  }
}

/** The issue time of the list by which the contract holds; null if it does not. @type {typeof statusIn} */
function statusShown(terms, said, at, maxAge) {
  try {
    return statusIn(terms, said, at, maxAge);
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

/**
 * What can be shown to have existed at T: seen by then, or named by a list of the same signer that was.
 * @param {readonly Said[]} said
 * @param {ReadonlyMap<string, number>} seen
 * @param {number} at
 */
function shownAt(said, seen, at) {
  const shown = new Set(said.filter(({ objectId }) => (seen.get(objectId) ?? Infinity) <= at + SKEW));
  const byId = new Map(said.map((list) => [`${list.signer} ${list.objectId}`, list]));
  for (const list of shown) { // grows while it is read
    const before = byId.get(`${list.signer} ${list.previous}`);
    if (before !== undefined) shown.add(before);
  }
  return [...shown];
}

/**
 * Step 13, spec §7.3 and §7.4: the issue time of the list that decided, or null for a contract that cannot be revoked.
 * @param {Terms} terms
 * @param {readonly Said[]} said
 * @param {number} at
 * @param {number | null} maxAge
 */
function statusIn(terms, said, at, maxAge) {
  if (terms.status === null) return null;
  const { uri, idx } = terms.status;
  const place = `(position ${idx} of ${uri})`;
  /** @param {string} reason */
  const unknown = (reason) => new RefusedError("status-unknown", 13, `${reason} ${place}`);

  // Revoked wins, from any who may speak, and however old: it is final.
  const revoking = said.filter((list) => list.value === REVOKED && list.issued <= at + SKEW);
  if (revoking.length > 0) {
    const since = Math.min(...revoking.map((list) => list.issued));
    throw new RefusedError("revoked", 13, `revoked at ${timeText(since)} ${place}`, since);
  }

  const newest = newestOf(said.filter((list) => list.signer === (terms.listKey ?? terms.creator.key.thumbprint) && list.issued <= at));
  if (newest === null) throw unknown(`no list by the key that decides up to ${timeText(at)}`);
  if (newest === "rivals") throw unknown("two different lists were signed for one instant");
  const { issued, expires, size, value } = newest;
  if (at >= expires) throw unknown(`the newest list is of ${timeText(issued)} and ended ${timeText(expires)}`);
  if (maxAge !== null && at - issued > maxAge) throw unknown(`the newest list is of ${timeText(issued)}, older than the ${maxAge} s allowed`);
  if (value === SUSPENDED) throw new RefusedError("suspended", 13, `suspended by the list of ${timeText(issued)} ${place}`);
  if (value === null) throw unknown(`the newest list has ${size} positions`);
  if (value !== 0) throw unknown(`the list has the unknown value ${value}`);
  return issued;
}

/** The list issued last; "rivals" if several different ones were. @param {readonly Said[]} deciding */
function newestOf(deciding) {
  if (deciding.length === 0) return null;
  const newest = deciding.reduce((latest, list) => (list.issued > latest.issued ? list : latest));
  const differs = deciding.some((list) => list.issued === newest.issued && list.objectId !== newest.objectId);
  return differs ? "rivals" : newest;
}

// ===== The question and the verdict (spec §5)

/** WebCrypto copies a work once more for each digest. @type {typeof api.digestWork} */
export async function digestWork(work) {
  const own = ownBytes(work, Infinity);
  const [sha256, sha384, sha512] = await Promise.all([sha(256, own), sha(384, own), sha(512, own)]);
  return { sha256: hex(sha256), size: own.length, sha384: hex(sha384), sha512: hex(sha512) };
}

/** Refuses what has the wrong type. @type {(condition: boolean, message: string) => asserts condition} */
function checkType(condition, message) {
  if (!condition) throw new TypeError(`the question cannot be asked: ${message}`);
}

/** Refuses what has the right type and an impossible value. @type {(condition: boolean, message: string) => asserts condition} */
function checkRange(condition, message) {
  if (!condition) throw new RangeError(`the question cannot be asked: ${message}`);
}

/** @param {any} value @returns {value is Record<string, unknown>} */
const isRecord = (value) => typeof value === "object" && value !== null;

/** A name that is not known would be ignored in silence, so it is refused. @param {object} given @param {string} what @param {readonly string[]} names */
function checkNames(given, what, names) {
  for (const name of Object.keys(given)) checkType(names.includes(name), `${what} has the unknown property ${brief(name)}`);
}

/** @param {unknown} value @param {number} bytes @param {string} what */
function checkHash(value, bytes, what) {
  checkType(typeof value === "string", `${what} is not a string of hexadecimal digits`);
  const fits = value.length === bytes * 2 && /^[0-9a-f]+$/.test(value);
  checkRange(fits, `${what} has ${value.length} characters, expected ${bytes * 2} lower-case hexadecimal digits`);
}

/** @typedef {{ thumbprint: string, works: readonly string[] | null }} Belief A believed key, for some works or (null) for all. */
/**
 * A question with every part in one form.
 * @typedef {{ keys: Belief[], work: Digest | null, grantee: { uri?: string, key?: string } | null, use: Use | null,
 *   territory: string | null, at: number, status: Question["status"], maxStatusAge: number | null,
 *   seen: ReadonlyMap<string, number> | null }} Asked
 */

/** @type {readonly ("sha256" | "size" | "sha384" | "sha512")[]} */
const MEASURES = ["sha256", "size", "sha384", "sha512"];
const QUESTION = ["keys", "work", "grantee", "use", "territory", "at", "status", "maxStatusAge", "now", "seen"];

/** Checks the whole question; what was left out by mistake (undefined) is refused. @param {Question} question @returns {Promise<Asked>} */
async function readQuestion(question) {
  checkType(isRecord(question), "it is not an object");
  checkNames(question, "it", QUESTION);
  const { keys, use, territory, at, status, maxStatusAge = null, now = null, seen = null } = question;
  checkType(Array.isArray(keys), "keys is not an array");
  const work = readDigest(question.work);
  const grantee = readGrantee(question.grantee);
  checkPlace(use, territory);
  checkType(maxStatusAge === null || typeof maxStatusAge === "number", "maxStatusAge is not a number of seconds");
  checkRange(maxStatusAge === null || isCount(maxStatusAge), `maxStatusAge is ${maxStatusAge}, expected whole seconds`);
  const instant = readInstant(at, "at");
  checkRange(now === null || instant <= readInstant(now, "now") + SKEW, "at is later than now");
  const lists = readLists(status);
  const beliefs = await Promise.all([...keys].map(readBelief));
  return { keys: beliefs, work, grantee, use, territory, at: instant, status: lists, maxStatusAge, seen: readSights(seen) };
}

/** Since when lists can be shown to have existed, by object id. @param {unknown} seen */
function readSights(seen) {
  if (seen === null) return null;
  checkType(seen instanceof Map, "seen is not a Map");
  /** @type {Map<string, number>} */
  const sights = new Map();
  for (const [objectId, since] of seen) {
    checkHash(objectId, 32, "an object id in seen");
    sights.set(objectId, readInstant(since, "an instant in seen"));
  }
  return sights;
}

/** @param {Digest | null} given */
function readDigest(given) {
  if (given === NOT_ASKED) return given;
  checkType(isRecord(given), "work is not an object");
  const work = { ...given };
  checkNames(work, "work", MEASURES);
  checkHash(work.sha256, 32, "sha256 of work");
  if (work.sha384 !== undefined) checkHash(work.sha384, 48, "sha384 of work");
  if (work.sha512 !== undefined) checkHash(work.sha512, 64, "sha512 of work");
  checkType(work.size === undefined || typeof work.size === "number", "size of work is not a number");
  checkRange(work.size === undefined || isCount(work.size), `size of work is ${work.size}`);
  return work;
}

/** @param {{ uri?: string, key?: string } | null} given */
function readGrantee(given) {
  if (given === NOT_ASKED) return given;
  checkType(isRecord(given), "grantee is not an object");
  const grantee = { ...given };
  checkNames(grantee, "grantee", ["uri", "key"]);
  checkRange(grantee.uri !== undefined || grantee.key !== undefined, "grantee has no uri and no key; a name never matches");
  checkType(grantee.uri === undefined || typeof grantee.uri === "string", "uri of grantee is not a string");
  if (grantee.key !== undefined) checkHash(grantee.key, 32, "key of grantee");
  return grantee;
}

/** @param {unknown} use @param {unknown} territory */
function checkPlace(use, territory) {
  checkType(use === NOT_ASKED || typeof use === "string", "use is not a string");
  checkRange(use === NOT_ASKED || USES.some(([name]) => name === use), `there is no use ${brief(use)}`);
  checkType(territory === NOT_ASKED || typeof territory === "string", "territory is not a string");
  const fits = territory === NOT_ASKED || /^([A-Z]{2}|001|none)$/.test(territory);
  checkRange(fits, `territory is ${brief(territory)}, expected two letters A-Z, "001" or "none"`);
}

/**
 * The lists, checked at once; those of an async iterable are checked when they come.
 * @param {Question["status"]} status
 */
function readLists(status) {
  checkType(isRecord(status), "status is not an array or an iterable of lists");
  if (Symbol.asyncIterator in status) return status;
  checkType(Symbol.iterator in status, "status is not an array or an iterable of lists");
  const lists = [...status];
  lists.forEach(checkVerified);
  return lists;
}

/** @param {Question["keys"][number]} belief @returns {Promise<Belief>} */
async function readBelief(belief) {
  if (typeof belief === "string" || belief instanceof Uint8Array) return { thumbprint: await thumbprintOf(belief), works: null };
  checkType(isRecord(belief) && Array.isArray(belief.works), "a key is not a did:key, a thumbprint, 32 bytes or { key, works }");
  checkNames(belief, "a key", ["key", "works"]);
  const { key, works } = { ...belief, works: [...belief.works] };
  for (const work of works) checkHash(work, 32, "a work of a key");
  return { thumbprint: await thumbprintOf(key), works };
}

/** @param {string | Uint8Array} key */
async function thumbprintOf(key) {
  checkType(typeof key === "string" || key instanceof Uint8Array, "a key is not a did:key, a thumbprint or 32 bytes");
  if (typeof key === "string" && /^[0-9a-f]{64}$/.test(key)) return key;
  if (typeof key === "string") checkRange(fromDidKey(key) !== null, `${brief(key)} is not a did:key of an Ed25519 key, nor a thumbprint`);
  else checkRange(key.length === 32, `a key is ${key.length} bytes, expected 32`);
  return thumbprint(key);
}

/** An instant as whole seconds. @param {unknown} at @param {string} what */
function readInstant(at, what) {
  checkType(at instanceof Date || typeof at === "string" || typeof at === "number", `${what} is not a Date, a string or a number of seconds`);
  const seconds = at instanceof Date ? Math.floor(at.getTime() / 1000) : typeof at === "string" ? readTime(at) : at;
  checkRange(isWithin(seconds, 0, MAX_TIME), `${what} is no instant of the years 1970 to 9999: ${brief(at instanceof Date ? seconds : at)}`);
  return seconds;
}

/** The seconds of YYYY-MM-DDTHH:MM:SSZ; NaN for anything else, such as a 30th of February. @param {string} text */
function readTime(text) {
  const seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) / 1000 : NaN;
  return timeText(seconds) === text.replace("T", " ").replace("Z", " UTC") ? seconds : NaN;
}

export class VerifiedContract {
  #payload;

  /** @param {symbol} token @param {UnverifiedContract} parsed @param {number | null} asOf @param {readonly Part[]} notAsked */
  constructor(token, { terms, payload, contractId, place }, asOf, notAsked) {
    checkMaker(token, "VerifiedContract");
    this.terms = terms;
    /** @type {"valid" | "authentic"} */
    this.result = notAsked.length === 0 ? "valid" : "authentic";
    this.asOf = asOf;
    this.notAsked = notAsked;
    this.contractId = contractId;
    this.place = place;
    this.conditions = conditionsOf(terms);
    this.#payload = payload;
    Object.freeze(this);
  }

  get payload() {
    return this.#payload.slice();
  }
}

/** The steps of spec §5, in their order. @type {typeof api.verifyContract} */
export async function verifyContract(data, question) {
  const own = ownBytes(data, CONTRACT_FILE.file);
  const asked = await readQuestion(question);
  const parsed = await parseContract(own); // steps 1 and 2
  const { terms, sign1 } = parsed;
  await checkSignature(terms.creator.key, sign1); // step 3
  await checkRoot(parsed);
  checkTerms(terms, asked); // steps 4 to 12
  const asOf = statusOf(terms, await saidOf(terms, asked.status), asked); // step 13
  return new VerifiedContract(BY_VERIFYING, parsed, asOf, notAskedOf(asked));
}

/** A refusal becomes a row; anything else that is thrown is no answer. @type {typeof api.judgeContract} */
export async function judgeContract(data, question) {
  const own = ownBytes(data, CONTRACT_FILE.file);
  try {
    const contract = await verifyContract(own, question);
    const { result, contractId, asOf, notAsked } = contract;
    const message = `every step passed${result === "valid" ? "" : " of those asked"}`;
    return frozen({ result, step: null, message, contract, error: null, contractId, asOf, notAsked });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { code, step, message } = error;
    const contractId = step > 2 ? (await parseContract(own)).contractId : null;
    return Object.freeze({ result: code, step, message, contract: null, error, contractId, asOf: error.disputed?.asOf ?? null, notAsked: notAskedOf(question) });
  }
}

/** @param {Pick<Question, Part>} question @returns {readonly Part[]} */
function notAskedOf(question) {
  /** @type {Part[]} */
  const parts = ["work", "grantee", "use", "territory"];
  return frozen(parts.filter((part) => question[part] === NOT_ASKED));
}

/** Steps 4 to 12 of spec §5, in their order. @param {Terms} terms @param {Asked} asked */
function checkTerms(terms, { keys, work, grantee, use, territory, at }) {
  /** @type {(condition: boolean, code: RefusalCode, step: number, message: string) => void} */
  const check = (condition, code, step, message) => {
    if (!condition) throw new RefusedError(code, step, message);
  };
  const signer = terms.creator.key.thumbprint;
  check(believes(keys, signer, terms.work.sha256), "unknown-creator", 4, `signed by key ${signer}, which is not among the believed keys`);
  // Steps 5 and 6 always pass in version 1.0.
  if (work !== NOT_ASKED) {
    const differs = MEASURES.find((name) => work[name] !== undefined && terms.work[name] !== null && work[name] !== terms.work[name]);
    check(differs === undefined, "wrong-work", 7, `the contract is for another work: ${differs} differs`);
  }
  if (grantee !== NOT_ASKED) {
    const fits = (grantee.uri !== undefined && grantee.uri === terms.grantee.uri) ||
      (grantee.key !== undefined && grantee.key === terms.grantee.key);
    check(fits, "wrong-grantee", 8, "granted to somebody else");
  }
  if (use !== NOT_ASKED) check(terms.uses.includes(use), "use-not-granted", 9, `granted for ${terms.uses.join(", ")}, asked about ${use}`);
  if (territory !== NOT_ASKED) {
    const covered = terms.isWorldwide || terms.territory.includes(territory);
    check(covered, "wrong-territory", 10, `granted in ${terms.territory.join(", ")} only, asked about ${territory}`);
  }
  check(at >= terms.starts, "not-yet-valid", 11, `begins ${timeText(terms.starts)}, asked about ${timeText(at)}`);
  check(at < terms.expires, "expired", 12, `ended ${timeText(terms.expires)}, asked about ${timeText(at)}`);
}

/** Whether the key is believed about the work; named works narrow, even if the key is also given alone. @param {Belief[]} keys @param {string} signer @param {string} work */
function believes(keys, signer, work) {
  const given = keys.filter(({ thumbprint }) => thumbprint === signer);
  const narrowed = given.flatMap(({ works }) => works ?? []);
  return given.some(({ works }) => works !== null) ? narrowed.includes(work) : given.length > 0;
}

/** @param {Terms} terms @returns {Conditions} */
function conditionsOf({ purpose, payments, credit, reportMonths, erasure, revocation, exclusive, passOn }) {
  return frozen({
    ...(purpose !== null && { purpose }),
    ...(payments.length > 0 && { payments }),
    ...(credit !== null && { credit }),
    ...(reportMonths !== null && { reportMonths }),
    ...(erasure !== null && { erasure }),
    ...(revocation.mode !== 0 && { stopWithinDays: revocation.days }),
    ...(exclusive && { exclusive }),
    ...(passOn && { passOn }),
  });
}

// ===== The text, template en-1 (spec §3.8)

/** @param {string} text */
const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
/** @param {number} n @param {string} unit */
const counted = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;

/** YYYY-MM-DD HH:MM:SS UTC; "" for what is no time. @param {number} seconds */
function timeText(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

/** @param {Payment} payment */
function money({ kind, amount, decimals, currency }) {
  if (isShare(kind)) {
    const hundredths = String(amount % 100).padStart(2, "0").replace(/0+$/, "");
    return `${Math.floor(amount / 100)}${hundredths === "" ? "" : `.${hundredths}`} %`;
  }
  const digits = String(amount).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return `${digits.slice(0, point)}${decimals === 0 ? "" : `.${digits.slice(point)}`} ${currency}`;
}

const DUE = {
  "once": "Once",
  "per-run": "For each training run",
  "per-output": "For each output of a model",
  "revenue-share": "Share of revenue",
  "pool-revenue": "A part of a pool of revenue: the pool is",
  "pool-output": "A part of a pool for each output of a model: the pool is",
};
const SHARED = { equal: "equally", weight: "by weight" };

// What the words of a payment mean; each explained once.
/** @type {readonly (readonly [readonly (string | null)[], string])[]} */
const PAYMENT_WORDS = [
  [["per-run"], "A training run is one training that changes the parameters of a model and yields a model that is used."],
  [["per-output", "pool-output"], "An output is one result that a model delivers, such as one picture or one answer."],
  [["revenue-share", "pool-revenue"],
    "Revenue is all that the grantee, and whoever it passes this permission to, receives for outputs of, access to or copies of a " +
    "model or system for which this work was put to a permitted use, before costs."],
  [["equal"], "Equally: this work's part is the pool divided by the number of works in the training record of the model."],
  [["weight"],
    "By weight: this work's part is the weight that the grantee's signed report gives it, by a method that the report names. " +
    "All weights together are at most one. What is left of the pool is divided equally."],
];

/** @param {Payment} payment */
function due(payment) {
  const { kind, division } = payment;
  return division === null ? `${DUE[kind]}: ${money(payment)}` : `${DUE[kind]} ${money(payment)}, shared by all works ${SHARED[division]}`;
}

/** @param {readonly Payment[]} payments */
function wordsIn(payments) {
  const used = new Set(payments.flatMap(({ kind, division }) => [kind, division]));
  return PAYMENT_WORDS.filter(([words]) => words.some((word) => used.has(/** @type {any} */ (word)))).map(([, line]) => line);
}

const REASONS = [
  "The creator cannot take this permission back before it ends.",
  "The creator can take this permission back at any time and needs no reason.",
  "The creator can take this permission back if the grantee breaks these terms.",
];

/** @type {readonly (readonly [number, string])[]} */
const ERASED = [
  [1, "copies of the work, and datasets that hold it"],
  [2, "indexes and embeddings made from it"],
  [4, "checkpoints of models trained on it, by retiring them"],
  [8, "what models learned from it, by retraining their checkpoints without it"],
];

/** Template en-1 (spec §3.8). @type {typeof api.render} */
export function render(terms) {
  const { creator, work, grantee, revocation, erasure } = terms;
  /** @type {(condition: boolean, ...lines: string[]) => string[]} */
  const when = (condition, ...lines) => (condition ? lines : []);
  /** @type {(label: string, value: any, form?: (value: any) => string) => string[]} */
  const line = (label, value, form = String) => (value === null ? [] : [`${label}: ${form(value)}`]);
  const hasList = revocation.mode !== 0;
  const sections = [
    ["CONTRACT FOR ONE WORK",
      "The creator permits the uses named below, of this one work, to this one grantee, and nothing else."],
    ["CREATOR",
      ...line("Name", creator.name, quoted),
      ...line("Signs for", creator.actsFor, quoted),
      `Signing key: ${creator.key.thumbprint}`,
      ...line("Recovery key", creator.recovery)],
    ["WORK",
      ...line("Title", work.title, quoted),
      ...line("Kind of file", work.mediaType, quoted),
      ...line("Size", work.size, (size) => counted(size, "byte")),
      `Fingerprint (SHA-256): ${work.sha256}`,
      ...line("Fingerprint (SHA-384)", work.sha384),
      ...line("Fingerprint (SHA-512)", work.sha512),
      ...work.iscc.map((code) => `Similarity code (ISCC): ${quoted(code)}`),
      "Only the file with exactly this fingerprint is meant. A copy that was changed, resized or saved again is another work."],
    ["GRANTEE",
      `Name: ${quoted(grantee.name)}`,
      ...line("Address", grantee.uri, quoted),
      ...line("Key", grantee.key),
      terms.exclusive
        ? "Exclusive: until the end, the creator grants these uses of this work to nobody else."
        : "Not exclusive: the creator may grant the same uses to others.",
      terms.passOn
        ? "The grantee may pass this permission on, by signed sub-licences that narrow it."
        : "The grantee may not pass this permission on."],
    ["PERMITTED USES",
      ...USES.filter(([name]) => terms.uses.includes(name)).map(([name, meaning]) => `${name}: ${meaning}`),
      "Every other use is refused."],
    when(terms.purpose !== null, "PURPOSE",
      "The uses above are permitted only for this purpose, in the creator's words:",
      quoted(terms.purpose ?? "")),
    ["TIME AND PLACE",
      `Signed: ${timeText(terms.issued)}`,
      `Begins: ${timeText(terms.starts)}`,
      `Ends: ${timeText(terms.expires)}`,
      ...when(terms.expires % DAY === 0, `Last day: ${timeText(terms.expires - DAY).slice(0, 10)}`),
      "From the moment it ends, it permits nothing.",
      terms.isWorldwide ? "Where: in the whole world" : `Where: only in ${terms.territory.join(", ")}`],
    ["PAYMENT",
      terms.payments.length === 0 ? "No payment is due." : "All of the following is due:",
      ...terms.payments.map(due), ...wordsIn(terms.payments)],
    ["CREDIT AND REPORTS",
      terms.credit === null ? "No credit line is required." : `This credit line must appear: ${quoted(terms.credit)}`,
      terms.reportMonths === null ? "No report is required." : `A report on the use is due every ${counted(terms.reportMonths, "month")}.`],
    ["TAKING IT BACK",
      REASONS[revocation.mode],
      ...when(hasList,
        `Once the status list says it was taken back, no new use may begin, and running uses must stop within ${counted(revocation.days, "day")}.`,
        "Nothing is permitted while no current status list can be shown.",
        `Position in the list: ${terms.status?.idx}`),
      ...line("Key that signs the list", terms.listKey),
      ...line("Status list", terms.status?.uri ?? null, quoted)],
    ["ERASING",
      ...(erasure === null
        ? ["This contract sets no term for erasing."]
        : [`Within ${counted(erasure.days, "day")} after the end, or after it was taken back, the following must be gone:`,
          ...ERASED.filter(([bit]) => erasure.what & bit).map(([, line]) => line)])],
    ["ABOUT THIS TEXT",
      ...line("Salt", terms.salt),
      "Made from the signed fields alone, by template en-1.",
      "The signature proves which key signed. It does not prove who holds the key, or that the signer made the work."],
  ];
  return sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join("\n")}\n`).join("\n");
}

// ===== One line (spec §3.10)

const LINE_PREFIX = "consentsig1:";
const MAX_LINE = LINE_PREFIX.length + Math.ceil((CONTRACT_FILE.file * 4) / 3);

/** Base64url without padding. @type {typeof api.toLine} */
export function toLine(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return LINE_PREFIX + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** One line for each file: what a lenient decoder would also take is refused. @type {typeof api.fromLine} */
export function fromLine(line) {
  if (typeof line !== "string" || line.length > MAX_LINE || !line.startsWith(LINE_PREFIX)) return null;
  const digits = line.slice(LINE_PREFIX.length);
  if (!/^[A-Za-z0-9_-]+$/.test(digits) || digits.length % 4 === 1) return null;
  const binary = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toLine(bytes) === line ? bytes : null; // bits that mean nothing and are not zero
}
