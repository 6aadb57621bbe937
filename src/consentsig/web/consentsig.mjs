// SPDX-License-Identifier: Apache-2.0
//
// consentsig.mjs - a verifier for consentsig contracts and status lists, format version 1.0.
//
// One file, no dependencies, no build step. It needs ES2022, BigInt and WebCrypto with Ed25519:
// Node 20+, Chromium 137+, Firefox 129+ (in browsers a secure context: https, localhost, file).
//
//   import { verifyContract, digestWork, NOT_ASKED } from "./consentsig.mjs";
//   const answer = await verifyContract(contractBytes, {
//     keys: ["did:key:z6Mk..."],               // the keys the caller believes
//     work: await digestWork(workBytes),       // or { sha256, size?, sha384?, sha512? }
//     grantee: { uri: "https://acme.example/" },   // uri, key (thumbprint in hex), or both
//     use: "pretrain", territory: "PT",        // territory: two letters, "001" or "none"
//     at: new Date(),                          // a Date, seconds, or an RFC 3339 string in UTC
//     statusLists: [listBytes],                // in any order, from anywhere
//   });
//   if (answer.result === "valid") { ... keep answer.conditions, answer.asOf and the lists ... }
//
// Whatever happens, the only permission is result === "valid". Bad input never throws: it gives a
// code of spec §6, or result null where the question itself cannot be asked or answered here.
//
// "spec" in the comments is spec/consentsig.md.

/** The declared "do not ask this" for work, grantee, use or territory: its step is skipped and the best answer is `authentic`. */
export const NOT_ASKED = null;

// ===== Constants

const MAX_INT = Number.MAX_SAFE_INTEGER; // 2^53-1, spec §2.1
const MAX_DEPTH = 8;
const MAX_HEADER = 65536;
const MAX_INFLATED = 16777216;
const MAX_TIME = 253402300799; // 9999-12-31T23:59:59Z
const MAX_TERM = 1577923200; // 50 years, spec §3.2
const MAX_LIST_TERM = 31622400; // 366 days, spec §7.1
const CLOCK_TOLERANCE = 300;

const PRIVATE = -1455000947; // the key of the contract map, and of the list's own map
const STATUS = 65535;
const STATUS_LIST = 65533;
const TTL = 65534;

// What differs between the two kinds of file (spec §2.2, §7.1).
const CONTRACT_FILE = { typ: "application/vnd.consentsig+cwt", file: 1048576, payload: 16384, sorted: true };
const LIST_FILE = { typ: "application/statuslist+cwt", file: 2097152, payload: 1048576, sorted: false };

// Spec §3.7. The bit of a use is its code minus one; the place in this array is the bit.
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

// ===== Refusals and small helpers

/** Thrown inside, turned into an answer at the border: a code of spec §6 and the step of spec §5. */
class Refusal extends Error {
  constructor(result, step, message) {
    super(message);
    this.result = result;
    this.step = step;
  }
}

const misencoded = (message) => new Refusal("malformed", 1, message); // tests a and b

/** Any exception becomes an answer that is not a yes (spec §8, fail closed). */
function answerTo(error) {
  if (error instanceof Refusal) return { result: error.result, step: error.step, message: error.message };
  return { result: null, step: null, message: `no answer: ${error?.message ?? error}` };
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytewise order: unsigned bytes from the left, a beginning before what it begins (spec §2). */
function compareBytes(a, b) {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A private copy, made after the limit is checked, so that nobody changes the bytes between two steps. */
function ownBytes(input, limit) {
  const view = ArrayBuffer.isView(input)
    ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
    : input instanceof ArrayBuffer ? new Uint8Array(input) : null;
  if (view === null) throw misencoded("not bytes");
  if (view.length > limit) throw misencoded(`longer than ${limit} bytes`);
  return Uint8Array.from(view);
}

async function sha(bits, bytes) {
  return new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytes));
}

const encoder = new TextEncoder();
// ignoreBOM: without it a leading U+FEFF would vanish instead of being refused.
const decodeUtf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

// ===== CBOR in the data model of spec §2.1
//
// Integers become numbers (all are safe), byte strings Uint8Array, text strings strings, arrays
// arrays, maps Map in the order of the file, and `true` true. Everything else is refused.

/** The arrays whose items stand in strictly ascending order of their encodings (spec §2.1), noted while they are read. */
const ASCENDING = new WeakSet();

class Reader {
  constructor(bytes, sorted) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.sorted = sorted; // false in status lists: keys in any order, but none twice (spec §7.1)
  }

  byte() {
    if (this.at >= this.end) throw misencoded("ends too early");
    return this.bytes[this.at++];
  }

  take(length) {
    if (length > this.end - this.at) throw misencoded("ends too early");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** One head: the major type and its argument, in the shortest form. */
  head() {
    const first = this.byte();
    const major = first >> 5;
    const info = first & 31;
    if (major === 7 && first !== 0xf5) throw misencoded("a simple value or float that is not true");
    if (major === 6) throw misencoded("a tag inside");
    if (info < 24 || major === 7) return [major, info];
    if (info > 27) throw misencoded("an indefinite length or reserved head");
    const width = 1 << (info - 24);
    let value = 0n; // exact: an argument may have 64 bits
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(this.byte());
    const least = [24n, 0x100n, 0x10000n, 0x100000000n][info - 24];
    if (value < least) throw misencoded("a head longer than needed");
    if (value > BigInt(MAX_INT)) throw misencoded("an integer or length beyond 2^53-1");
    return [major, Number(value)];
  }

  /** One item; `depth` counts the arrays and maps it stands in, itself included. */
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

  text(length) {
    try {
      return decodeUtf8(this.take(length));
    } catch (error) {
      throw error instanceof Refusal ? error : misencoded("text that is not UTF-8");
    }
  }

  array(count, depth) {
    this.nest(count, depth);
    const items = [];
    let previous = null;
    let ascending = true;
    for (let i = 0; i < count; i++) {
      const start = this.at;
      items.push(this.item(depth + 1));
      const encoded = this.bytes.subarray(start, this.at);
      if (previous !== null && compareBytes(previous, encoded) >= 0) ascending = false;
      previous = encoded;
    }
    if (ascending) ASCENDING.add(items);
    return items;
  }

  map(count, depth) {
    this.nest(count * 2, depth);
    const map = new Map();
    let previous = null;
    for (let i = 0; i < count; i++) {
      const start = this.at;
      const major = this.bytes[start] >> 5;
      if (start < this.end && major !== 0 && major !== 1 && major !== 3) throw misencoded("a map key that is no integer or text");
      const key = this.item(depth + 1);
      const encoded = this.bytes.subarray(start, this.at);
      if (map.has(key)) throw misencoded("a map key twice"); // heads are shortest, so equal keys have equal bytes
      if (this.sorted && previous !== null && compareBytes(previous, encoded) > 0) throw misencoded("map keys out of order");
      map.set(key, this.item(depth + 1));
      previous = encoded;
    }
    return map;
  }

  /** Limits before anything is read: each item has a byte at least, so a count cannot exceed what is left. */
  nest(count, depth) {
    if (depth > MAX_DEPTH) throw misencoded(`nested deeper than ${MAX_DEPTH}`);
    if (count > this.end - this.at) throw misencoded("ends too early");
  }

  finish() {
    if (this.at !== this.end) throw misencoded("bytes after the end");
  }
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
  const first = [];
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

/** "L", "M" or "O" for an allowed code point, "" for one that is refused. */
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

/** What is wrong with a signed text, or "". */
function textFault(text, maxBytes) {
  const size = encoder.encode(text).length;
  if (size < 1 || size > maxBytes) return `must have 1 to ${maxBytes} bytes`;
  const points = Array.from(text, (character) => character.codePointAt(0));
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

function isHttps(address) {
  const parts = HTTPS.exec(address);
  if (parts === null) return false;
  const [, host, port, path] = parts;
  if (host.length > 253) return false;
  if (port !== undefined && (Number(port) > 65535 || Number(port) === 443)) return false;
  return !path.split("/").some((segment) => segment === "." || segment === "..");
}

/** Nobody escapes what needs none: software that unescapes would see another address. */
function escapesUnreserved(address) {
  const escapes = address.match(/%[0-9A-F]{2}/g) ?? [];
  return escapes.some((escape) => /[A-Za-z0-9._~-]/.test(String.fromCharCode(parseInt(escape.slice(1), 16))));
}

function isAddress(value, forms) {
  if (typeof value !== "string" || value.length < 1 || value.length > 512) return false;
  const fits = (forms.includes("https") && isHttps(value)) ||
    (forms.includes("did") && DID.test(value)) ||
    (forms.includes("urn") && URN.test(value));
  return fits && !escapesUnreserved(value);
}

// ===== Keys (spec §2.6)

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** The 32 bytes of a `did:key:z6Mk...`, or null. Whether they are a sound key shows when they verify. */
export function parseDidKey(did) {
  if (typeof did !== "string" || !/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/.test(did)) return null;
  let value = 0n;
  for (const digit of did.slice(9)) value = value * 58n + BigInt(BASE58.indexOf(digit));
  const digits = value.toString(16).padStart(68, "0");
  if (digits.length !== 68 || !digits.startsWith("ed01")) return null; // multicodec ed25519-pub
  return fromHex(digits.slice(4));
}

/** The `did:key` of 32 bytes. */
export function didKey(x) {
  let value = BigInt(`0xed01${hex(x)}`);
  let out = "";
  for (; value > 0n; value /= 58n) out = BASE58[Number(value % 58n)] + out;
  return `did:key:z${out}`;
}

function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** The thumbprint of a key (32 bytes, or a did:key) as 64 hexadecimal digits: the key's identity (RFC 9679). */
export async function thumbprint(key) {
  const x = typeof key === "string" ? parseDidKey(key) : key;
  if (!(x instanceof Uint8Array) || x.length !== 32) throw new TypeError("not a key of 32 bytes or a did:key");
  return hex(await sha(256, concat(Uint8Array.of(0xa3, 1, 1, 0x20, 6, 0x21, 0x58, 0x20), x)));
}

// ===== The envelope (spec §3.1; tests a and b of §3.9)

/** Opens a file of either kind. Its fields are looked at later. */
function openEnvelope(input, kind) {
  const file = ownBytes(input, kind.file);
  const reader = new Reader(file, kind.sorted);
  const tag = reader.byte();
  if (tag === 0xd8 && reader.byte() === 98) {
    if (!Array.isArray(reader.item(1))) throw misencoded("tag 98 without an array");
    reader.finish();
    throw new Refusal("unsupported", 1, "a COSE_Sign, kept for contracts of several creators");
  }
  if (tag !== 0xd2 || reader.byte() !== 0x84) throw misencoded("not a tagged COSE_Sign1 of four items");
  const protectedPart = byteString(reader, MAX_HEADER, "protected header");
  const unprotectedHeader = unprotectedMap(reader, kind);
  const payloadPart = byteString(reader, kind.payload, "payload");
  const { content: signature } = byteString(reader, kind.file, "signature"); // its length is a matter of §4.2
  reader.finish();

  const protectedHeader = oneMap(protectedPart.content, kind, "protected header");
  const payload = oneMap(payloadPart.content, kind, "payload");
  // typ comes before anything inside the payload gets a meaning (test b).
  if (protectedHeader.get(16) !== kind.typ) throw misencoded(`typ is not ${kind.typ}`);
  return {
    protectedHeader,
    unprotectedHeader,
    payload,
    payloadBytes: payloadPart.content,
    signature,
    signedBytes: sigStructure(protectedPart.whole, payloadPart.whole),
  };
}

/** A byte string with its head, its length checked before it is read. */
function byteString(reader, limit, what) {
  const start = reader.at;
  const [major, length] = reader.head();
  if (major !== 2) throw misencoded(`${what} is not a byte string`);
  if (length > limit) throw misencoded(`${what} is longer than ${limit} bytes`);
  const content = reader.take(length);
  return { content, whole: reader.bytes.subarray(start, reader.at) };
}

/** The unprotected header. The reader sees no further than the limit, so nothing beyond is built. */
function unprotectedMap(reader) {
  const end = reader.end;
  reader.end = Math.min(end, reader.at + MAX_HEADER);
  const map = reader.item(2); // inside the array of the file
  reader.end = end;
  if (!(map instanceof Map)) throw misencoded("unprotected header is not a map");
  return map;
}

function oneMap(bytes, kind, what) {
  const reader = new Reader(bytes, kind.sorted);
  const map = reader.item(1); // depth is counted afresh (spec §2.2)
  reader.finish();
  if (!(map instanceof Map)) throw misencoded(`${what} is not a map`);
  return map;
}

/** Spec §4.1, with both byte strings as they stand in the file. */
function sigStructure(protectedWhole, payloadWhole) {
  return concat(Uint8Array.of(0x84, 0x6a), encoder.encode("Signature1"), protectedWhole, Uint8Array.of(0x40), payloadWhole);
}

// ===== Field rules (spec §3.2 to §3.6; tests d and e of §3.9)
//
// A rule is a function of a value that says whether it has its form. A fault of test d throws at
// once. A fault of test e is noted in `unknown` and decides only when the whole file is through,
// since all of d comes before all of e.

function need(condition, message) {
  if (!condition) throw new Refusal("malformed", 2, message);
}

const isInteger = (value) => Number.isSafeInteger(value);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isWithin = (value, low, high) => Number.isSafeInteger(value) && value >= low && value <= high;
const isBytes = (value, length) => value instanceof Uint8Array && (length === undefined || value.length === length);
const isTrue = (value) => value === true;
const isMatch = (value, pattern) => typeof value === "string" && pattern.test(value);
const isArrayOf = (value, rule, least = 1) => Array.isArray(value) && value.length >= least && value.every(rule);

const bytes = (length) => (value) => isBytes(value, length);
const within = (low, high) => (value) => isWithin(value, low, high);
const text = (maxBytes) => (value) => {
  need(typeof value === "string", "a text that is no text string");
  const fault = textFault(value, maxBytes);
  need(fault === "", `a text ${fault}`);
  return true;
};
const address = (...forms) => (value) => isAddress(value, forms);
const isListAddress = address("https", "did", "urn");
const isTime = within(0, MAX_TIME);

/** A field that must stand, or may; its name is for messages. */
const must = (key, name, rule) => [key, { name, rule, required: true }];
const may = (key, name, rule) => [key, { name, rule, required: false }];

/** The rule of a map with these fields. Other keys are unknown, and what stands behind them is not looked at. */
function mapOf(what, ...entries) {
  const fields = new Map(entries);
  return (map, unknown) => {
    need(map instanceof Map, `${what} is not a map`);
    for (const [key, { name, rule, required }] of fields) {
      if (map.has(key)) need(rule(map.get(key), unknown), `${what}: ${name} is not as it must be`);
      else need(!required, `${what}: ${name} is missing`);
    }
    for (const key of map.keys()) if (!fields.has(key)) unknown.push(`${what} has an unknown field ${key}`);
    return true;
  };
}

// --- headers (spec §3.1). A label that stands in the wrong header is unknown there.

const isChain = (value) => isBytes(value) || isArrayOf(value, bytes(), 2);

function isAlgorithm(alg, unknown) {
  if (alg !== -8 && alg !== -19) unknown.push(`unknown algorithm ${alg}`);
  return Number.isSafeInteger(alg);
}

const PROTECTED = mapOf("protected header", must(1, "alg", isAlgorithm), must(4, "kid", bytes(8)), must(16, "typ", () => true));
const UNPROTECTED = mapOf("unprotected header", may(33, "X.509 chain", isChain), may(270, "time-stamp token", bytes()),
  may(394, "receipts", (value) => isArrayOf(value, bytes())));

function checkHeaders({ protectedHeader, unprotectedHeader }, unknown) {
  PROTECTED(protectedHeader, unknown);
  UNPROTECTED(unprotectedHeader, unknown);
}

// --- keys (spec §2.6). Of a key of unknown type or curve nothing more is looked at.

const ED25519 = mapOf("key", must(1, "kty", isInteger), must(-1, "crv", isInteger), must(-2, "x", bytes(32)));

function isKnownKey(key) {
  return key.get(1) === 1 && key.get(-1) === 6;
}

function isKey(key, unknown) {
  need(key instanceof Map && isInteger(key.get(1)), "key: kty is not an integer");
  need(key.get(1) !== 1 || isInteger(key.get(-1)), "key: crv is not an integer");
  if (isKnownKey(key)) return ED25519(key, unknown);
  unknown.push("key of unknown type or curve");
  return true;
}

/** kid fits a key that is known; it is never trusted beyond that. Gives the thumbprint, or null for an unknown key. */
async function checkKid({ protectedHeader }, key) {
  if (!isKnownKey(key)) return null;
  const print = await thumbprint(key.get(-2));
  need(hex(protectedHeader.get(4)) === print.slice(0, 16), "kid does not fit the key");
  return print;
}

// --- the contract (spec §3.2 to §3.6)

/** [algorithm, value] with a byte string; `lengths` names the algorithms that may stand here. */
function isDigest(digest, lengths, unknown) {
  if (!Array.isArray(digest) || digest.length !== 2 || !isInteger(digest[0]) || !isBytes(digest[1])) return false;
  const [algorithm, value] = digest;
  if (Object.hasOwn(lengths, algorithm)) return value.length === lengths[algorithm];
  if ([-16, -43, -44].includes(algorithm)) return false; // known, and stands in another field
  unknown.push(`unknown digest algorithm ${algorithm}`);
  return true;
}

function isDigestList(digests, unknown) {
  if (!isArrayOf(digests, (one) => isDigest(one, { [-43]: 48, [-44]: 64 }, unknown)) || digests.length > 2) return false;
  const [first, second] = digests.map(([algorithm]) => algorithm);
  return ASCENDING.has(digests) && (first !== second || (first !== -43 && first !== -44));
}

function isMediaType(value) {
  return isMatch(value, /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/) && value.length <= 127;
}

function isPayment(payment, unknown) {
  if (!Array.isArray(payment) || !isCount(payment[0])) return false;
  const [type, m, e, currency] = payment;
  if (type === 4) return payment.length === 2 && isWithin(m, 1, 10000);
  if (type < 1 || type > 4) return unknown.push(`unknown payment type ${type}`) > 0;
  if (payment.length !== 4 || !isWithin(m, 1, MAX_INT) || !isWithin(e, 0, 9) || !isMatch(currency, /^[A-Z]{3}$/)) return false;
  return e === 0 || m % 10 !== 0; // one amount, one spelling
}

function isRevocation(revocation, unknown) {
  if (!isArrayOf(revocation, isCount) || revocation.length !== 2) return false;
  const [mode, days] = revocation;
  if (mode > 2) return unknown.push(`unknown revocation mode ${mode}`) > 0;
  return mode === 0 ? days === 0 : isWithin(days, 1, 3650);
}

/** A bit set with at least one bit. */
const bitSet = (known) => (value, unknown) => {
  if (value > known) unknown.push("unknown bit");
  return isWithin(value, 1, MAX_INT);
};

function isErasure(erasure, unknown) {
  return Array.isArray(erasure) && erasure.length === 2 && isWithin(erasure[0], 1, 365) && bitSet(15)(erasure[1], unknown);
}

function isTerritory(codes) {
  if (!isArrayOf(codes, (code) => isMatch(code, /^([A-Z]{2}|001)$/)) || !ASCENDING.has(codes)) return false;
  return codes.length === 1 || !codes.includes("001");
}

function isTemplate(template, unknown) {
  if (template !== "en-1") unknown.push("unknown template");
  return typeof template === "string";
}

const CREATOR = mapOf("creator", must(0, "key", isKey), may(1, "name", text(200)),
  may(2, "share", () => false), // known, and redundant where there is one creator
  may(3, "recovery key", bytes(32)));

const WORK = mapOf("work", must(0, "digest", (value, unknown) => isDigest(value, { [-16]: 32 }, unknown)), may(1, "title", text(200)),
  may(2, "media type", isMediaType), may(3, "size", isCount), may(4, "digests", isDigestList),
  may(5, "ISCC codes", (codes) => isArrayOf(codes, (code) => isMatch(code, /^ISCC:[A-Z2-7]{10,80}$/)) && ASCENDING.has(codes)));

const GRANTEE = mapOf("grantee", must(0, "name", text(200)), may(1, "address", address("https", "did")), may(2, "key", bytes(32)));

const CONTRACT = mapOf("contract",
  must(0, "kind", (kind) => kind === 1),
  must(1, "creators", (creators, unknown) => Array.isArray(creators) && creators.length === 1 && CREATOR(creators[0], unknown)),
  must(2, "work", WORK),
  must(3, "grantee", GRANTEE),
  must(4, "uses", bitSet(2 ** USES.length - 1)),
  must(5, "payments", (value, unknown) => isArrayOf(value, (one) => isPayment(one, unknown), 0) && ASCENDING.has(value)),
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

/** The rules across fields. `print` is the thumbprint of the creator's key, null where that is unknown. */
function checkAcross(claims, print) {
  const body = claims.get(PRIVATE);
  const [exp, nbf, iat] = [claims.get(4), claims.get(5), claims.get(6)];
  need(nbf === undefined || nbf > iat, "nbf is not later than iat");
  need(exp > (nbf ?? iat) && exp - (nbf ?? iat) <= MAX_TERM, "exp is not within 50 years after the start");
  need(body.get(3).has(1) || body.get(3).has(2), "grantee without address and key");
  need((body.get(4) & IMITATE) === 0 || body.has(12), "use 7 (imitate) without a purpose");
  const [mode] = body.get(6);
  if (mode <= 2) need(claims.has(STATUS) === mode > 0, "the status claim does not fit the revocation mode");
  need(mode !== 0 || !body.has(15), "a list key, where nothing can be taken back");
  // Each thumbprint has one part to play.
  const [recovery, listKey, grantee] = [body.get(1)[0].get(3), body.get(15), body.get(3).get(2)].map((one) => one && hex(one));
  need(listKey === undefined || listKey !== print, "the list key is the creator's");
  need(recovery === undefined || ![print, listKey, grantee].includes(recovery), "the recovery key has another part too");
}

/** Tests c, d and e over an opened contract. Gives the thumbprint of the creator's key. */
async function checkContract(envelope) {
  const claims = envelope.payload;
  const body = claims.get(PRIVATE);
  const kind = body instanceof Map ? body.get(0) : undefined;
  if (isCount(kind) && kind !== 1) throw new Refusal("unsupported", 2, `kind ${kind}`); // test c reads no further
  const unknown = [];
  checkHeaders(envelope, unknown);
  CLAIMS(claims, unknown);
  const print = await checkKid(envelope, body.get(1)[0].get(0));
  checkAcross(claims, print);
  refuseUnknown(unknown);
  return print;
}

function refuseUnknown(unknown) {
  if (unknown.length > 0) throw new Refusal("unsupported", 2, unknown.slice(0, 5).join("; "));
}

/** The terms of a contract that passed checkContract, under readable names. */
function termsOf(claims, creatorPrint) {
  const body = claims.get(PRIVATE);
  const asHex = (bytes) => (bytes === undefined ? null : hex(bytes));
  const reference = claims.get(STATUS)?.get("status_list");
  const [creator] = body.get(1);
  const work = body.get(2);
  const grantee = body.get(3);
  const digests = new Map(work.get(4) ?? []);
  const erasure = body.get(8);
  const kinds = ["", "once", "run", "output", "revenue"];
  return {
    signed: claims.get(6),
    start: claims.get(5) ?? claims.get(6),
    end: claims.get(4),
    salt: asHex(claims.get(7)),
    status: reference ? { position: reference.get("idx"), uri: reference.get("uri") } : null,
    creator: { key: creatorPrint, name: creator.get(1) ?? null, recovery: asHex(creator.get(3)) },
    work: {
      sha256: hex(work.get(0)[1]),
      sha384: asHex(digests.get(-43)),
      sha512: asHex(digests.get(-44)),
      title: work.get(1) ?? null,
      mediaType: work.get(2) ?? null,
      size: work.get(3) ?? null,
      iscc: work.get(5) ?? [],
    },
    grantee: { name: grantee.get(0), uri: grantee.get(1) ?? null, key: asHex(grantee.get(2)) },
    uses: USES.map(([name]) => name).filter((_, bit) => body.get(4) & (1 << bit)),
    payments: body.get(5).map(([type, first, e, currency]) =>
      type === 4 ? { type: kinds[type], share: first } : { type: kinds[type], m: first, e, currency }),
    revocation: { mode: body.get(6)[0], days: body.get(6)[1] },
    template: body.get(7),
    erasure: erasure ? { days: erasure[0], what: erasure[1] } : null,
    territory: body.get(9),
    exclusive: body.has(10),
    passOn: body.has(11),
    purpose: body.get(12) ?? null,
    credit: body.get(13) ?? null,
    report: body.get(14) ?? null,
    listKey: asHex(body.get(15)),
  };
}

/** Steps 1 and 2 of spec §5; throws a Refusal. */
async function readContract(bytes, known) {
  const envelope = openEnvelope(bytes, CONTRACT_FILE);
  known.signedBytes = envelope.signedBytes;
  const print = await checkContract(envelope);
  return {
    envelope,
    x: envelope.payload.get(PRIVATE).get(1)[0].get(0).get(-2),
    id: hex(await sha(256, envelope.payloadBytes)),
    claims: envelope.payload,
    terms: termsOf(envelope.payload, print),
  };
}

/**
 * Steps 1 and 2: is this a contract of the format? Nothing is said about its signature.
 * Gives { ok: true, id, claims, terms, signedBytes } or { ok: false, result, step, message }; with step 2
 * `signedBytes` (spec §4.1) is given too.
 */
export async function parseContract(bytes) {
  const known = {};
  try {
    const { id, claims, terms } = await readContract(bytes, known);
    return { ok: true, id, claims, terms, ...known };
  } catch (error) {
    return { ok: false, ...answerTo(error), ...known };
  }
}

// ===== Ed25519-strict (spec §4.2)

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** y of the encodings of small order; the top bit, the sign of x, does not matter for any of them. */
const OF_ORDER_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y = new Set([0n, 1n, OF_ORDER_8, P - OF_ORDER_8, P - 1n]);

const littleEndian = (bytes) => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

function isSoundPoint(encoded) {
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  return y < P && !SMALL_ORDER_Y.has(y);
}

async function webCryptoVerify(x, signature, message) {
  const key = await crypto.subtle.importKey("raw", x, { name: "Ed25519" }, false, ["verify"]);
  return (await crypto.subtle.verify({ name: "Ed25519" }, key, signature, message)) === true;
}

// A key, its signature of no bytes (RFC 8032 §7.1 test 1), and one that fits only the cofactored equation.
const SELF_TEST = [
  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  "08a9bcff3c9f538d6f791d337f917d757b7880e1471a268b278c1f9addb6feaac409cc8967fcb80e750598547122f29e829c5e9905cdcc54fc14e09c712db707",
];

let environment; // the outcome of one self-test

/** Without this an environment that lacks Ed25519 would call every contract a forgery. */
function checkEnvironment() {
  environment ??= selfTest();
  return environment;
}

async function selfTest() {
  if (!globalThis.crypto?.subtle) throw new Error("no WebCrypto here (browsers offer it in secure contexts only)");
  const [x, good, cofactored] = SELF_TEST.map(fromHex);
  const none = new Uint8Array(0);
  if (!(await webCryptoVerify(x, good, none).catch(() => false))) throw new Error("no Ed25519 in WebCrypto here");
  // A signature that only fits the equation multiplied by the cofactor (spec §4.2, step 5).
  if (await webCryptoVerify(x, cofactored, none).catch(() => false)) throw new Error("Ed25519 in WebCrypto is not strict here");
}

/** Step 3: every failure is the same answer, an exception included. */
async function checkSignature(x, { signature, signedBytes }) {
  await checkEnvironment();
  const bad = (message) => new Refusal("bad-signature", 3, message);
  if (x.length !== 32 || signature.length !== 64) throw bad("signature or key of another length");
  if (littleEndian(signature.subarray(32)) >= L) throw bad("S is not less than L");
  if (!isSoundPoint(x)) throw bad("a key that is not canonical or of small order");
  if (!isSoundPoint(signature.subarray(0, 32))) throw bad("R that is not canonical or of small order");
  if (!(await webCryptoVerify(x, signature, signedBytes).catch(() => false))) throw bad("the signature does not fit");
}

// ===== zlib (RFC 1950 and 1951)
//
// Not DecompressionStream: environments differ on bytes after the stream, and it cannot be told to
// stop at a limit before it has made more. What libz refuses is refused here too.

const NOT_ZLIB = "lst is not exactly one zlib stream";

/** Base values and extra bits of RFC 1951 §3.2.5: after `plain` single values, each `group` codes share a number of extra bits. */
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

/** A canonical Huffman code: how many codes of each length, and the symbols in the order of their codes. */
function huffman(lengths, mayBeIncomplete) {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]++;
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
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[offsets[length]++] = symbol;
  });
  return { counts, symbols };
}

class Inflater {
  constructor(bytes, limit) {
    this.bytes = bytes;
    this.at = 2;
    this.bit = 0;
    this.limit = limit;
    this.out = new Uint8Array(Math.min(limit, 4096));
    this.size = 0;
  }

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
    throw new Refusal("malformed", 2, NOT_ZLIB);
  }

  /** Room for more output, never more than the limit allows. */
  reserve(count) {
    need(this.size + count <= this.limit, `lst inflates to more than ${this.limit} bytes`);
    if (this.size + count <= this.out.length) return;
    const bigger = new Uint8Array(Math.min(this.limit, Math.max(this.out.length * 2, this.size + count)));
    bigger.set(this.out);
    this.out = bigger;
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
    const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
    this.compressed(huffman(lengths, false), huffman(new Array(32).fill(5), false));
  }

  dynamic() {
    const literalCount = this.bits(5) + 257;
    const distanceCount = this.bits(5) + 1;
    const codeCount = this.bits(4) + 4;
    need(literalCount <= 286 && distanceCount <= 30, NOT_ZLIB);
    const codeLengths = new Array(19).fill(0);
    for (let i = 0; i < codeCount; i++) codeLengths[CODE_ORDER[i]] = this.bits(3);
    const code = huffman(codeLengths, false);
    const lengths = [];
    while (lengths.length < literalCount + distanceCount) {
      const symbol = this.symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      need(symbol !== 16 || lengths.length > 0, NOT_ZLIB); // nothing to repeat yet
      const value = symbol === 16 ? lengths.at(-1) : 0;
      const times = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      for (let i = 0; i < times; i++) lengths.push(value);
    }
    need(lengths.length === literalCount + distanceCount, NOT_ZLIB);
    need(lengths[256] > 0, NOT_ZLIB); // a block that could not end
    this.compressed(huffman(lengths.slice(0, literalCount), true), huffman(lengths.slice(literalCount), true));
  }

  run() {
    for (let last = 0; last === 0; ) {
      last = this.bits(1);
      const type = this.bits(2);
      need(type < 3, NOT_ZLIB);
      [() => this.stored(), () => this.fixed(), () => this.dynamic()][type]();
    }
    if (this.bit > 0) this.at++;
    return this.out.subarray(0, this.size);
  }
}

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

/** Exactly one zlib stream, inflated to 1 ... `limit` bytes (spec §7.1). */
export function inflate(bytes, limit = MAX_INFLATED) {
  need(bytes.length >= 2, NOT_ZLIB);
  need((bytes[0] & 15) === 8 && bytes[0] >> 4 <= 7, NOT_ZLIB); // deflate, CINFO at most 7
  need((bytes[0] * 256 + bytes[1]) % 31 === 0, NOT_ZLIB);
  need((bytes[1] & 32) === 0, NOT_ZLIB); // no preset dictionary
  const inflater = new Inflater(bytes, limit);
  const out = inflater.run();
  const rest = bytes.subarray(inflater.at);
  need(rest.length === 4, NOT_ZLIB);
  need(new DataView(rest.buffer, rest.byteOffset, 4).getUint32(0) === adler32(out), NOT_ZLIB);
  need(out.length > 0, "lst inflates to nothing");
  return out;
}

// ===== Status lists (spec §7)

const LIST_CLAIMS = mapOf("claims", must(2, "sub", isListAddress), must(4, "exp", isTime), must(6, "iat", isTime),
  may(TTL, "ttl", within(1, MAX_INT)),
  must(STATUS_LIST, "status list", mapOf("status list",
    must("bits", "bits", (bits) => [1, 2, 4, 8].includes(bits)),
    must("lst", "lst", bytes()),
    may("aggregation_uri", "aggregation_uri", (value) => typeof value === "string"))),
  must(PRIVATE, "list map", mapOf("list map", may(1, "list before", bytes(32)), must(2, "key", isKey))));

async function readList(input) {
  const envelope = openEnvelope(input, LIST_FILE);
  const claims = envelope.payload;
  const unknown = [];
  checkHeaders(envelope, unknown);
  LIST_CLAIMS(claims, unknown);
  const [sub, exp, iat] = [claims.get(2), claims.get(4), claims.get(6)];
  need(iat < exp && exp - iat <= MAX_LIST_TERM, "exp is not within 366 days after iat");
  const key = claims.get(PRIVATE).get(2);
  const signer = await checkKid(envelope, key);
  const list = claims.get(STATUS_LIST);
  const values = inflate(list.get("lst"));
  refuseUnknown(unknown);
  await checkSignature(key.get(-2), envelope);
  const id = hex(await sha(256, envelope.payloadBytes));
  return { id, sub, iat, exp, ttl: claims.get(TTL) ?? null, signer, bits: list.get("bits"), values };
}

/** Spec §7.1: the list by itself, signature included. Gives { result: "valid", list } or a code with a message. */
export async function parseStatusList(bytes) {
  try {
    return { result: "valid", step: null, message: "a status list, well signed", list: await readList(bytes) };
  } catch (error) {
    return answerTo(error);
  }
}

export { parseStatusList as verifyStatusList };

/** The value at a position, or null beyond the list. Positions count from the least significant bit of each byte. */
function valueAt({ bits, values }, position) {
  if (position >= (values.length * 8) / bits) return null;
  const perByte = 8 / bits;
  const shift = (position % perByte) * bits;
  return (values[Math.floor(position / perByte)] >> shift) & (2 ** bits - 1);
}

/** The lists that are acceptable for the contract (spec §7.2), and what each says of it. One at a time: each may fill 16 MiB. */
async function readLists({ status, creator, listKey }, files, report) {
  const acceptable = [];
  for (const file of files) {
    const { result, message, list } = await parseStatusList(file);
    report.push({ result, message });
    if (list === undefined || list.sub !== status?.uri) continue;
    if (![listKey, creator.key, creator.recovery].includes(list.signer)) continue;
    acceptable.push({ ...list, values: null, value: valueAt(list, status.position) });
  }
  return acceptable;
}

/** Step 13, spec §7.3 and §7.4. Gives the iat of the list that decided, or null where none is needed. */
function statusAt(terms, { at, maxStatusAge }, acceptable) {
  if (terms.revocation.mode === 0) return null;
  const refuse = (result, message, more) => Object.assign(new Refusal(result, 13, message), more);
  const listKey = terms.listKey ?? terms.creator.key;

  // Revoked wins, from any who may speak, and however old: it is final.
  const revoking = acceptable.filter((list) => list.value === 1 && list.iat <= at + CLOCK_TOLERANCE);
  if (revoking.length > 0) {
    const since = Math.min(...revoking.map((list) => list.iat));
    throw refuse("revoked", `taken back, as a list of ${timeText(since)} says`, { since });
  }

  const deciding = acceptable.filter((list) => list.signer === listKey && list.iat <= at);
  if (deciding.length === 0) throw refuse("status-unknown", "no status list of this time by the key that decides");
  const newest = deciding.reduce((latest, list) => (list.iat > latest.iat ? list : latest));
  const rivals = deciding.filter((list) => list.iat === newest.iat);
  if (rivals.some((list) => list.id !== newest.id)) throw refuse("status-unknown", "two different status lists of one instant");
  if (at >= newest.exp) throw refuse("status-unknown", `the newest status list ended ${timeText(newest.exp)}`);
  if (maxStatusAge !== null && at - newest.iat > maxStatusAge) throw refuse("status-unknown", "the newest status list is too old");
  if (newest.value === 2) throw refuse("suspended", `suspended by the list of ${timeText(newest.iat)}`);
  if (newest.value !== 0) throw refuse("status-unknown", "the status list makes no statement on this position");
  return newest.iat;
}

// ===== The question and the verdict (spec §5)

/** The digests and size of a work at hand, as verifyContract takes them. */
export async function digestWork(bytes) {
  const own = ownBytes(bytes, Infinity);
  const [sha256, sha384, sha512] = await Promise.all([256, 384, 512].map((bits) => sha(bits, own)));
  return { sha256: hex(sha256), size: own.length, sha384: hex(sha384), sha512: hex(sha512) };
}

function ask(condition, message) {
  if (!condition) throw new TypeError(`the question cannot be asked: ${message}`);
}

const isHex = (value, bytes) => typeof value === "string" && value.length === bytes * 2 && /^[0-9a-f]+$/.test(value);

/** A question with every part in one form, or an exception. What is left out by mistake (undefined) is no question. */
async function readQuestion({ keys, work, grantee, use, territory, at, statusLists = [], maxStatusAge = null, now = null } = {}) {
  ask(Array.isArray(keys), "keys is not an array");
  ask(Array.isArray(statusLists), "statusLists is not an array");
  ask(work === NOT_ASKED || (isAsked(work, ASKED_WORK) && Object.hasOwn(work, "sha256")), "work");
  ask(grantee === NOT_ASKED || isAsked(grantee, ASKED_GRANTEE), "grantee");
  ask(use === NOT_ASKED || USES.some(([name]) => name === use), "use");
  ask(territory === NOT_ASKED || (typeof territory === "string" && /^([A-Z]{2}|001|none)$/.test(territory)), "territory");
  ask(maxStatusAge === null || isCount(maxStatusAge), "maxStatusAge");
  const instant = readInstant(at);
  ask(isWithin(instant, 0, MAX_TIME), "at is not an instant");
  if (now !== null) ask(instant <= readInstant(now) + CLOCK_TOLERANCE, "at is later than now");
  return {
    keys: await Promise.all(keys.map(readBelief)),
    work: work && { ...work },
    grantee: grantee && { ...grantee },
    use, territory, at: instant, statusLists: [...statusLists], maxStatusAge,
  };
}

/** A believed key: a did:key or 32 bytes, or { key, works } where it is believed for some works (SHA-256) only. */
async function readBelief(belief) {
  const limited = typeof belief === "object" && belief !== null && !(belief instanceof Uint8Array);
  if (limited) ask(Array.isArray(belief.works) && belief.works.every((one) => isHex(one, 32)), "works of a key");
  const key = limited ? belief.key : belief;
  ask(typeof key === "string" ? parseDidKey(key) !== null : isBytes(key, 32), "a key that is neither a did:key nor 32 bytes");
  return { thumbprint: await thumbprint(key), works: limited ? [...belief.works] : null };
}

const ASKED_WORK = { sha256: (v) => isHex(v, 32), size: isCount, sha384: (v) => isHex(v, 48), sha512: (v) => isHex(v, 64) };
const ASKED_GRANTEE = { uri: (v) => typeof v === "string", key: (v) => isHex(v, 32) };

/** Parts of a question, one at least. A part with another name would be ignored in silence: it is no question. */
function isAsked(parts, rules) {
  const entries = typeof parts === "object" ? Object.entries(parts) : [];
  return entries.length > 0 && entries.every(([name, value]) => Object.hasOwn(rules, name) && rules[name](value));
}

function readInstant(at) {
  if (at instanceof Date) return Math.floor(at.getTime() / 1000);
  if (typeof at !== "string") return at;
  const exact = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(at) ? Date.parse(at) / 1000 : NaN;
  return timeText(exact) === at.replace("T", " ").replace("Z", " UTC") ? exact : NaN; // no 30th of February
}

/**
 * The whole verdict of spec §5. `question` as in the header of this file; also `maxStatusAge` (seconds), and `now`:
 * where given, an instant more than 300 s later than it cannot be asked.
 * Gives { result, step, message }, with more where it is known: `contract` ({ id, claims, terms }) once the signature
 * fits, `asOf`, `conditions` and `text` with a yes, `since` with `revoked`, `lists` where lists were read.
 */
export async function verifyContract(bytes, question) {
  const known = {};
  try {
    const asked = await readQuestion(question);
    const contract = await readContract(bytes, {}); // steps 1 and 2
    await checkSignature(contract.x, contract.envelope); // step 3
    const { terms } = contract;
    known.contract = { id: contract.id, claims: contract.claims, terms };
    checkTerms(terms, asked); // steps 4 to 12
    known.lists = [];
    const asOf = statusAt(terms, asked, await readLists(terms, asked.statusLists, known.lists)); // step 13
    const everything = [asked.work, asked.grantee, asked.use, asked.territory].every((part) => part !== NOT_ASKED);
    const conditions = conditionsOf(terms);
    const text = renderText(terms);
    return {
      result: everything ? "valid" : "authentic",
      step: null,
      message: everything ? "permitted, under the conditions" : "the contract holds; not everything was asked",
      ...known, asOf, conditions, text,
    };
  } catch (error) {
    return { ...answerTo(error), ...known, ...(error?.since !== undefined && { since: error.since }) };
  }
}

/** Steps 4 to 12 of spec §5, in their order. */
function checkTerms(terms, { keys, work, grantee, use, territory, at }) {
  const refuse = (condition, result, step, message) => {
    if (!condition) throw new Refusal(result, step, message);
  };
  const believed = keys.some((key) => key.thumbprint === terms.creator.key && (key.works === null || key.works.includes(terms.work.sha256)));
  refuse(believed, "unknown-creator", 4, "the key that signed is not believed");
  // Steps 5 and 6 always pass in version 1.0.
  if (work !== NOT_ASKED) {
    const differs = ["sha256", "size", "sha384", "sha512"].find(
      (name) => work[name] !== undefined && terms.work[name] !== null && work[name] !== terms.work[name]);
    refuse(differs === undefined, "wrong-work", 7, `another work: ${differs} differs`);
  }
  if (grantee !== NOT_ASKED) {
    const fits = (name) => grantee[name] !== undefined && grantee[name] === terms.grantee[name];
    refuse(fits("uri") || fits("key"), "wrong-grantee", 8, "the contract names someone else");
  }
  if (use !== NOT_ASKED) refuse(terms.uses.includes(use), "use-not-granted", 9, `${use} is not among the uses`);
  if (territory !== NOT_ASKED) {
    const worldwide = terms.territory[0] === "001";
    refuse(worldwide || terms.territory.includes(territory), "wrong-territory", 10, "the contract does not cover this place");
  }
  refuse(at >= terms.start, "not-yet-valid", 11, `begins ${timeText(terms.start)}`);
  refuse(at < terms.end, "expired", 12, `ended ${timeText(terms.end)}`);
}

/** What software cannot check and a person must keep (spec §5). */
function conditionsOf({ purpose, payments, credit, report, erasure, revocation, exclusive, passOn }) {
  return { purpose, payments, credit, report, erasure, stopWithinDays: revocation.mode === 0 ? null : revocation.days, exclusive, passOn };
}

// ===== The text, template en-1 (spec §3.8)

const quoted = (text) => `"${text.replace(/[\\"]/g, "\\$&")}"`;
const counted = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;

/** YYYY-MM-DD HH:MM:SS UTC; "" for what is no time. */
function timeText(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

function amountText({ m, e, currency }) {
  const digits = String(m).padStart(e + 1, "0");
  const point = digits.length - e;
  return `${digits.slice(0, point)}${e === 0 ? "" : `.${digits.slice(point)}`} ${currency}`;
}

function percentText(share) {
  const parts = String(share % 100).padStart(2, "0").replace(/0+$/, "");
  return `${Math.floor(share / 100)}${parts === "" ? "" : `.${parts}`} %`;
}

const DUE = { once: "Once", run: "For each training run", output: "For each output of a model", revenue: "Share of revenue" };

const paymentText = (payment) => `${DUE[payment.type]}: ${payment.type === "revenue" ? percentText(payment.share) : amountText(payment)}`;

const REASONS = [
  "The creator cannot take this permission back before it ends.",
  "The creator can take this permission back at any time and needs no reason.",
  "The creator can take this permission back if the grantee breaks these terms.",
];

const ERASED = [
  [1, "copies of the work, and datasets that hold it"],
  [2, "indexes and embeddings made from it"],
  [4, "checkpoints of models trained on it, by retiring them"],
  [8, "what models learned from it, by retraining their checkpoints without it"],
];

/** The text the creator read, from `terms` of parseContract or verifyContract, byte for byte. */
export function renderText(terms) {
  const { creator, work, grantee, revocation, erasure } = terms;
  const when = (condition, ...lines) => (condition ? lines : []);
  const line = (label, value, form = String) => (value === null ? [] : [`${label}: ${form(value)}`]);
  const hasList = revocation.mode !== 0;
  const sections = [
    ["CONTRACT FOR ONE WORK",
      "The creator permits the uses named below, of this one work, to this one grantee, and nothing else."],
    ["CREATOR",
      ...line("Name", creator.name, quoted),
      `Signing key: ${creator.key}`,
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
      `Signed: ${timeText(terms.signed)}`,
      `Begins: ${timeText(terms.start)}`,
      `Ends: ${timeText(terms.end)}`,
      "From the moment it ends, it permits nothing.",
      terms.territory[0] === "001" ? "Where: in the whole world" : `Where: only in ${terms.territory.join(", ")}`],
    ["PAYMENT",
      terms.payments.length === 0 ? "No payment is due." : "All of the following is due:",
      ...terms.payments.map(paymentText)],
    ["CREDIT AND REPORTS",
      terms.credit === null ? "No credit line is required." : `This credit line must appear: ${quoted(terms.credit)}`,
      terms.report === null ? "No report is required." : `A report on the use is due every ${counted(terms.report, "month")}.`],
    ["TAKING IT BACK",
      REASONS[revocation.mode],
      ...when(hasList,
        `Once the status list says it was taken back, no new use may begin, and running uses must stop within ${counted(revocation.days, "day")}.`,
        "Nothing is permitted while no current status list can be shown.",
        `Position in the list: ${terms.status?.position}`),
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

/** The bytes of a file as its one line, without an end of line. Whether they are a contract is not looked at. */
export function toLine(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return LINE_PREFIX + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of the file of which `line` is the one line, or null where no file has this line: then it is `malformed`, at step 1. */
export function fromLine(line) {
  if (typeof line !== "string" || line.length > MAX_LINE || !line.startsWith(LINE_PREFIX)) return null;
  const digits = line.slice(LINE_PREFIX.length);
  if (!/^[A-Za-z0-9_-]+$/.test(digits) || digits.length % 4 === 1) return null;
  const binary = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toLine(bytes) === line ? bytes : null; // bits that mean nothing and are not zero
}
