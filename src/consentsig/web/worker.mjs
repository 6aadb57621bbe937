// The part of the page that reads files. It runs in a worker, so that the page stays alive whatever a
// file holds, and can end it. Each message has an id, which goes back with the answer.
import { digestWork, fromDidKey, fromLine, judgeContract, openBatch, outline, parseContract, RefusedError, render, thumbprint, toLine, verifyStatusList, whyNotAcceptable } from "./consentsig.mjs";

/** @import { Digest, Question, Terms, UnverifiedContract, ResultCode } from "./consentsig.mjs" */
/** @typedef {Blob | string} Source A file, or a contract as one line of text. */
/** @typedef {Omit<Question, "status">} PageQuestion The question, but for the lists. */
/**
 * What a contract says, for people to look at.
 * `batchSize` is the number of contracts that were signed together, as the signer says; null for one signed alone.
 * @typedef {{ contractId: string, terms: Terms, did: string, text: string, line: string, batchSize: number | null }} Seen
 */
/**
 * What the page shows of an answer. `result` is null where none could be found here. `lists` tells of each list why it
 * is not used, or null; it is null itself where no list was looked at.
 * @typedef {{ result: ResultCode | null, step: number | null, message: string, asOf: number | null, since: number | null,
 *   lists: (string | null)[] | null }} Answer
 */
/**
 * The answer; what the contract says; the work asked about; and what the answer would be if its key were believed, where
 * that is all that is missing.
 * @typedef {{ seen: Seen | null, spaced: boolean, grantee: Question["grantee"], work: Digest | null, answer: Answer, otherwise: Answer | null }} Found
 */
/** @typedef {{ size: number, matching: number, contracts: { index: number, bytes: Uint8Array<ArrayBuffer> }[] }} Unpacked Contracts of a batch. */

const MOST_OF_A_CONTRACT = 2796232; // twice the longest line, since mail may have wrapped it; a file is shorter
const MOST_OF_A_LIST = 2097152;
const MOST_OF_A_BATCH = 67108864;
const A_FEW = 20; // contracts of a batch, where no work says which
const AT_ONCE = 67108864; // bytes; up to here the three fingerprints are taken together

/**
 * The bytes of a file, or of a line of text. Of one that is too long, one byte more than is allowed.
 * @param {Source} source
 * @param {number} limit
 */
async function read(source, limit) {
  if (typeof source === "string") return new TextEncoder().encode(source);
  return new Uint8Array(await source.slice(0, limit + 1).arrayBuffer());
}

/**
 * A contract as bytes, from either spelling. Bytes of neither stay what they are: malformed. Mail wraps a long line:
 * spaces and line ends mean nothing in it and are left out, and `spaced` says that there were some.
 * @param {Source} source
 * @returns {Promise<{ bytes: Uint8Array, spaced: boolean }>}
 */
async function readContractFile(source) {
  const bytes = await read(source, MOST_OF_A_CONTRACT);
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 256)).trimStart();
  if (!text.startsWith("consentsig1:")) return { bytes, spaced: false };
  const whole = new TextDecoder("latin1").decode(bytes).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const line = whole.replace(/[ \t\r\n]/g, "");
  return { bytes: fromLine(line) ?? new Uint8Array(0), spaced: line !== whole };
}

/**
 * Size and fingerprints of a work. WebCrypto takes a whole file or nothing, and copies it, so a big one is
 * measured by one fingerprint after the other: twice its size in memory then, and not five times.
 * @param {{ file: Blob }} message
 * @returns {Promise<Digest>}
 */
async function measure({ file }) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length <= AT_ONCE) return digestWork(bytes);
  /** @param {256 | 384 | 512} bits */
  const digest = async (bits) => {
    const found = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytes));
    return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
  return { size: bytes.length, sha256: await digest(256), sha384: await digest(384), sha512: await digest(512) };
}

/** The contract as parsed; null where there is none. @param {Uint8Array} bytes */
async function parse(bytes) {
  try {
    return await parseContract(bytes);
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

/** @param {Uint8Array} bytes @param {UnverifiedContract | null} parsed @returns {Seen | null} */
function describe(bytes, parsed) {
  if (parsed === null) return null;
  const { contractId, terms, place } = parsed;
  return { contractId, terms, did: terms.creator.key.toDidKey(), text: render(terms), line: toLine(bytes), batchSize: place?.size ?? null };
}

/** Who asks: a did:key is an address and a key. @param {Question["grantee"]} grantee */
async function withKey(grantee) {
  if (grantee?.uri === undefined || fromDidKey(grantee.uri) === null) return grantee;
  return { ...grantee, key: await thumbprint(grantee.uri) };
}

/**
 * The lists that may speak for a contract, one at a time. One that may not is not even inflated.
 * @param {Source[]} lists
 * @param {Terms} terms
 * @param {(string | null)[]} report Why each list is not used, or null.
 */
async function* speaking(lists, terms, report) {
  for (const source of lists) {
    const data = await read(source, MOST_OF_A_LIST);
    try {
      const why = whyNotAcceptable(terms, await outline(data));
      const list = why === null ? await verifyStatusList(data) : null;
      report.push(why);
      if (list !== null) yield list;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      report.push(`${error.code}: ${error.message}`);
    }
  }
}

/** @param {Uint8Array} bytes @param {UnverifiedContract | null} parsed @param {Source[]} lists @param {PageQuestion} question @returns {Promise<Answer>} */
async function ask(bytes, parsed, lists, question) {
  /** @type {(string | null)[]} */
  const report = [];
  try {
    const status = parsed === null ? [] : speaking(lists, parsed.terms, report);
    const { result, step, message, asOf, error } = await judgeContract(bytes, { ...question, status });
    return { result, step, message, asOf, since: error?.since ?? null, lists: report.length > 0 ? report : null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { result: null, step: null, message, asOf: null, since: null, lists: null };
  }
}

/**
 * The answer for one contract. Of `works` the one with the fingerprint in the contract is asked about, whatever its
 * name; where none has it, the work in the question is.
 * @param {{ contract: Source, lists: Source[], question: PageQuestion, works?: Digest[] }} message
 * @returns {Promise<Found>}
 */
async function check({ contract, lists, question, works = [] }) {
  const { bytes, spaced } = await readContractFile(contract);
  const parsed = await parse(bytes);
  const seen = describe(bytes, parsed);
  const grantee = await withKey(question.grantee);
  const work = works.find(({ sha256 }) => sha256 === parsed?.terms.work.sha256) ?? question.work;
  const answer = await ask(bytes, parsed, lists, { ...question, grantee, work });
  const mayBe = answer.result === "unknown-creator" && seen !== null;
  const otherwise = mayBe ? await ask(bytes, parsed, lists, { ...question, grantee, work, keys: [seen.did] }) : null;
  return { seen, spaced, grantee, work, answer, otherwise };
}

/**
 * The contracts of a batch that are about the works, at most `most` of them; the first few where none is. `matching` is
 * how many are.
 * @param {{ file: Blob, works: Digest[], most: number }} message
 * @returns {Promise<Unpacked | { refused: Answer }>}
 */
async function unpack({ file, works, most }) {
  try {
    const batch = await openBatch(await read(file, MOST_OF_A_BATCH));
    const matching = [...new Set(works.flatMap(({ sha256 }) => batch.find(sha256)))].sort((a, b) => a - b);
    const indexes = matching.length > 0 ? matching.slice(0, most) : Array.from({ length: Math.min(A_FEW, batch.size) }, (_, at) => at);
    return { size: batch.size, matching: matching.length, contracts: indexes.map((index) => ({ index, bytes: batch.contract(index) })) };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { code, step, message } = error;
    return { refused: { result: code, step, message, asOf: null, since: null, lists: null } };
  }
}

/** @type {Record<string, (message: any) => Promise<object>>} */
const TASKS = { measure, unpack, check };

self.onmessage = async ({ data: { id, task, ...given } }) => {
  try {
    self.postMessage({ id, answer: await TASKS[task](given) });
  } catch (error) {
    self.postMessage({ id, answer: { failed: error instanceof Error ? error.message : String(error) } });
  }
};
