// The part of the page that reads files. It runs in a worker, so that whatever a file holds, the page
// stays alive, and can end it. Messages come with an id and go back with it and the answer.
import { didKey, digestWork, fromLine, parseContract, parseDidKey, renderText, thumbprint, toLine, verifyContract } from "./consentsig.mjs";

const MOST_OF_A_CONTRACT = 1398116; // the longest line with its end of line; a file is shorter
const MOST_OF_A_LIST = 2097152;
const AT_ONCE = 67108864; // bytes; up to here the three fingerprints are taken together

/** The bytes of a file, or of a line of text. Of one that is too long, one byte more than is allowed. */
async function read(source, limit) {
  if (typeof source === "string") return new TextEncoder().encode(source);
  return new Uint8Array(await source.slice(0, limit + 1).arrayBuffer());
}

/** A contract as bytes, whichever of its two spellings was given. Bytes that are none stay what they are: malformed. */
async function readContractFile(source) {
  const bytes = await read(source, MOST_OF_A_CONTRACT);
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 12));
  if (start !== "consentsig1:") return bytes;
  const line = new TextDecoder("latin1").decode(bytes).replace(/\r?\n$/, "");
  return fromLine(line) ?? new Uint8Array(0);
}

/**
 * Size and fingerprints of a work. WebCrypto takes a whole file or nothing, and copies it, so a big one is
 * measured by one fingerprint after the other: twice its size in memory then, and not five times.
 */
async function measure({ file }) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.length <= AT_ONCE) return digestWork(bytes);
  const digest = { size: bytes.length };
  for (const bits of [256, 384, 512]) {
    const found = new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, bytes));
    digest[`sha${bits}`] = Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  return digest;
}

/** What the contract says, for people to look at; null where it is no contract. */
function describe(bytes, { ok, id, claims, terms }) {
  if (!ok) return null;
  const x = claims.get(-1455000947).get(1)[0].get(0).get(-2);
  return { id, terms, did: didKey(x), text: renderText(terms), line: toLine(bytes) };
}

/** Who asks: a did:key is an address and a key. */
async function withKey(grantee) {
  if (grantee === null || parseDidKey(grantee.uri) === null) return grantee;
  return { ...grantee, key: await thumbprint(grantee.uri) };
}

/** Of an answer, what the page shows. */
function plain({ result, step, message, asOf, since, lists }) {
  return { result, step, message, asOf, since, lists };
}

/**
 * The answer; what the contract says; and what the answer would be if its key were believed, where that alone
 * stands in the way.
 */
async function check({ contract, lists, question }) {
  const bytes = await readContractFile(contract);
  const seen = describe(bytes, await parseContract(bytes));
  const statusLists = await Promise.all(lists.map((list) => read(list, MOST_OF_A_LIST)));
  const grantee = await withKey(question.grantee);
  const ask = async (more) => plain(await verifyContract(bytes, { ...question, grantee, statusLists, ...more }));
  const answer = await ask({});
  const otherwise = answer.result === "unknown-creator" ? await ask({ keys: [seen.did] }) : null;
  return { seen, grantee, answer, otherwise };
}

self.onmessage = async ({ data: { id, task, ...given } }) => {
  try {
    self.postMessage({ id, answer: await (task === "measure" ? measure : check)(given) });
  } catch (error) {
    self.postMessage({ id, answer: { failed: String(error?.message ?? error) } });
  }
};
