// The page: what a person chooses, the question it makes, and the answer in words.
//
// The build puts the function `verifier`, the whole program of the worker, in front of this. Only the worker reads
// files. Whatever comes from a file enters the page as text nodes, never as markup.

/** @import { Digest, Question, ResultCode } from "./consentsig.mjs" */
/** @import { Answer, Found, PageQuestion, Seen, Source, Unpacked } from "./worker.mjs" */
/** @typedef {"work" | "grantee" | "use" | "territory"} Part */
/** @typedef {readonly [string, string, string]} Saying The answer, why, and what to do. */
/** @typedef {Omit<PageQuestion, "at"> & { at: number | null, now: number, keys: string[] }} Asked `at` is null where no instant can be asked about. */
/**
 * `fault` says why a work could not be measured; until it is measured, it has neither a digest nor a fault.
 * @typedef {{ name: string, size: number, digest: Digest | null, fault: string }} ChosenWork
 */
/**
 * `name` is empty for a pasted line and in a card. `answer` is there for a batch that could not be opened.
 * @typedef {{ name: string, source: Source, answer?: Answer }} ChosenContract
 */
/** @typedef {{ files: ChosenContract[], works: string, contracts: ChosenContract[] }} Unpacking */
/** @typedef {{ asked: Asked, seen: Seen | null, spaced: boolean, answer: Answer, otherwise: Answer | null }} Result What was found about one contract. */

const CHECK_SECONDS = 60; // a list can hold 16 MiB, a slow phone needs its time, and nothing may hang
const MOST_OF_A_WORK = 1073741824; // bytes: a browser must hold all of it in memory, twice
const MOST_LISTS = 16;
const MOST_FILES = 200; // contracts, and works: all are checked again at each change
const SKEW_SECONDS = 300; // spec §5

// Each result code of spec §6 in words: the answer, why, and what to do. {facts} are filled in.
/** @type {Record<string, string>} */
const MOODS = { "Yes.": "yes", "Not a yes yet.": "open", "No.": "no", "No answer.": "no" };
/** @type {Record<ResultCode, Saying>} */
const SAYINGS = {
  "valid": ["Yes.", "This use of this work is permitted{when}.",
    "Keep the conditions below. Keep the contract and the lists too: they are the proof."],
  "authentic": ["Not a yes yet.", "All that was asked holds, but not everything was asked.",
    "Still needed: {missing}."],
  "malformed": ["No.", "This file is no contract, or it was damaged on the way.",
    "Look whether you chose the right file: its name usually ends in .consent. If you did, ask for it again."],
  "unsupported": ["No.", "The file is well made, but it uses something that this page does not know, so it cannot be relied on.",
    "Get a newer version of this page."],
  "bad-signature": ["No.", "The signature does not fit: the contract was changed after it was signed, or damaged on the way.",
    "Ask for it again, and use nothing before."],
  "incomplete": ["No.", "The signature of a second creator is missing.", "Ask for the contract with all signatures."],
  "unknown-creator": ["Not a yes yet.", "The signature is good, but you have not said that you know whose key it is.",
    "Ask the creator for their key line, then tick the box or paste the line under “Whose key is it?”."],
  "key-revoked": ["No.", "The creator gave up the key that signed this.", "Ask for a contract by the new key."],
  "disputed": ["No.", "Keys that you believe contradict each other about this work.", "Ask the creators to settle it."],
  "wrong-work": ["No.", "The contract is about another file than the one you chose.",
    "Choose exactly the file that was signed for. A copy that was resized, edited or saved again is another work."],
  "wrong-grantee": ["No.", "The contract permits somebody else, not the one you named.",
    "Compare the address letter by letter. Whoever is not named needs a contract of their own."],
  "use-not-granted": ["No.", "The contract does not permit this use.", "No use includes another. Ask the creator for this one."],
  "wrong-territory": ["No.", "The contract does not cover this place.", "It permits the uses only in: {places}."],
  "not-yet-valid": ["No.", "The contract had not begun at the time asked about. It begins {start}.", "Wait until then."],
  "expired": ["No.", "The contract had ended at the time asked about. It held until {end}.", "Ask the creator for a new one."],
  "revoked": ["No.", "The creator has taken it back, as a list of {since} says. That is final.",
    "Begin no new use. Uses that are running must stop within {days}. What must be erased stands in the text below."],
  "suspended": ["No.", "The list says that the contract does not hold for now.", "Wait, or ask the creator."],
  "status-unknown": ["No.", "This contract can be taken back, and no list here that is still current says that it was not.",
    "Fetch the list from {list} and choose it under “Was it taken back?”."],
  "status-disputed": ["No.", "Lists here contradict each other about that time, and nobody can show which of them existed then.",
    "Ask both sides for evidence of when their lists existed."],
  "not-accepted": ["No.", "The acceptance by the one permitted is missing.", "Ask them to accept the contract."],
  "no-timestamp": ["No.", "A time-stamp was asked for and is missing.", "Ask for the contract with a time-stamp."],
  "no-receipt": ["No.", "A receipt was asked for and is missing.", "Ask for the contract with its receipt."],
};
/** @type {Saying} */
const NOTHING_CHOSEN = ["", "Choose a contract to begin.", "Then answer the questions; the answer changes as you go."];
/** @type {Saying} */
const NOT_ANSWERED = ["No answer.", "This question could not be answered here, so do not take it for a yes.",
  "It may need a newer browser: Chromium 137, Firefox 129 or Safari 17.5, and this page saved as a file or opened by https."];

// The steps of spec §5, each as what it ensures. `asks` names the part of the question that a step needs.
/** @type {{ says: string, asks?: Part, always?: boolean }[]} */
const STEPS = [
  { says: "The file is whole, and written in the one permitted way" },
  { says: "Every field is as the format says, and none is unknown" },
  { says: "The signature fits the key and every byte" },
  { says: "You believe the key that signed" },
  { says: "The key was not given up", always: true },
  { says: "No other key that you believe contradicts it", always: true },
  { says: "The work is the very file in the contract", asks: "work" },
  { says: "The one who asks is the one permitted", asks: "grantee" },
  { says: "The use is among those permitted", asks: "use" },
  { says: "The place is covered", asks: "territory" },
  { says: "The contract has begun" },
  { says: "It has not ended" },
  { says: "It was not taken back" },
];
/** @type {Record<Part, string>} */
const MISSING = { work: "the work", grantee: "who wants to use it", use: "the use", territory: "the country’s code" };

// ===== Small helpers

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const field = (id) => /** @type {HTMLInputElement} */ ($(id));
/** @param {string} selector @param {Element} [within] */
const first = (selector, within) => /** @type {HTMLElement} */ ((within ?? document).querySelector(selector));
/** @param {string} name @returns {string | null} */
const chosen = (name) => /** @type {HTMLInputElement | null} */ (document.querySelector(`input[name="${name}"]:checked`))?.value ?? null;

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} text @param {string} [name] */
function node(tag, text, name) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

/** The name of a file, kept apart from the words around it, whichever way it is written. @param {string} name */
function named(name) {
  return node("bdi", name.length > 80 ? `${name.slice(0, 60)}…${name.slice(-15)}` : name);
}

/** @param {string} id @param {(Node | string)[]} parts */
function show(id, ...parts) {
  $(id).replaceChildren(...parts);
}

/** @param {string} id @param {Node[]} items */
function list(id, items) {
  $(id).hidden = items.length === 0;
  first("ul, ol", $(id)).replaceChildren(...items);
}

/**
 * Each line as an element of its own. Where it is too long for the window, it goes on further right than any line
 * begins, so no part of a signed text can pass for a line of the contract.
 * @param {string} text
 */
const lines = (text) => (text.match(/[^\n]*\n/g) ?? []).map((line) => node("span", line, "line"));

/** @param {number} n @param {string} unit */
const counted = (n, unit) => `${n.toLocaleString("en")} ${unit}${n === 1 ? "" : "s"}`;
/** @param {number} seconds */
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");

/**
 * Until when something holds that ends at `expires`: a whole day, if it ends at midnight. The command line says the same.
 * @param {number} expires
 */
const lastDay = (expires) => (expires % 86_400 ? instant(expires) : `the end of ${instant(expires - 86_400).slice(0, 10)} (UTC)`);

// ===== The workers

const PROGRAM = URL.createObjectURL(new Blob([`(${verifier})()`], { type: "text/javascript" }));

/** @typedef {{ failed: string }} Failed */

/** A worker to ask. One that takes too long is replaced. */
function helper() {
  /** @type {Worker | null} */
  let worker = null;
  let count = 0;
  const waiting = new Map();
  /** @param {string} failed */
  const end = (failed) => {
    worker?.terminate();
    worker = null;
    for (const done of waiting.values()) done({ failed });
    waiting.clear();
  };
  const begin = () => {
    worker = new Worker(PROGRAM);
    worker.onmessage = ({ data: { id, answer } }) => waiting.get(id)?.(answer);
    worker.onerror = (event) => end(event.message || "the worker cannot run here");
    return worker;
  };
  /** @param {object} message @param {number} [seconds] @returns {Promise<any>} */
  const ask = (message, seconds) => new Promise((resolve) => {
    const asked = worker ?? begin();
    const id = ++count;
    const clock = seconds && setTimeout(() => end(`took longer than ${seconds} seconds`), seconds * 1000);
    /** @param {any} answer */
    const done = (answer) => {
      clearTimeout(clock);
      waiting.delete(id);
      resolve(answer);
    };
    waiting.set(id, done);
    asked.postMessage({ id, ...message });
  }).catch((error) => ({ failed: error.message })); // where no worker may run
  return { ask, end };
}

const measuring = helper();
const checking = helper();

// ===== What was chosen

/** @type {{ contract: string, lists: string[] } | null} */
const embedded = JSON.parse($("embedded")?.textContent ?? "null"); // of a card: one contract, and lists
/**
 * `unpacked` are the contracts in the files chosen, and for which files and works they were taken out of batches.
 * `contracts` are those that were answered for: `results` has a place for each, and `shown` is the place of the one told in
 * full: `seen` is what it says. `believed` are the signers' keys that were ticked.
 * @type {{ files: ChosenContract[], unpacked: Unpacking, contracts: ChosenContract[], works: ChosenWork[],
 *   lists: { name: string, source: Source }[], results: Result[], shown: number, believed: Set<string>, seen: Seen | null, placed: string | null }}
 */
const state = {
  files: [], unpacked: { files: [], works: "", contracts: [] }, contracts: [], works: [], lists: [], results: [], shown: 0,
  believed: new Set(), seen: null, placed: null,
};

/** Contracts in place of those before, or batches of them. @param {ChosenContract[]} files */
function chooseContracts(files) {
  state.files = files.slice(0, MOST_FILES);
  show("contract-note", ...chosenNames(state.files, "contract"), leftOut(files.length, "contract"));
  changed();
}

/** Whether a file is a batch, judging by its first byte, which no contract has. @param {Source} source */
async function isBatch(source) {
  return typeof source !== "string" && new Uint8Array(await source.slice(0, 1).arrayBuffer())[0] === 0x82;
}

/**
 * Takes the contracts for the works chosen out of each batch, and leaves other files as they are. Returns whether the
 * files are still those chosen.
 */
async function unpackBatches() {
  const { files } = state;
  const digests = measured();
  const works = digests.map(({ sha256 }) => sha256).join(" ");
  const batches = await Promise.all(files.map(({ source }) => isBatch(source)));
  if (state.unpacked.files === files && (state.unpacked.works === works || !batches.includes(true))) return true;
  /** @type {ChosenContract[]} */
  const contracts = [];
  const notes = [];
  let left = 0;
  for (const [at, file] of files.entries()) {
    if (!batches[at]) {
      contracts.push(file);
      continue;
    }
    const found = await checking.ask({ task: "unpack", file: file.source, works: digests, most: MOST_FILES }, CHECK_SECONDS);
    if (files !== state.files) return false;
    if (found.failed || found.refused) {
      contracts.push({ ...file, answer: found.refused ?? notAnswered(found.failed) });
      continue;
    }
    contracts.push(...contractsOf(file.name, found));
    left += Math.max(0, found.matching - MOST_FILES);
    notes.push(" ", named(file.name), batchNote(found, works !== ""));
  }
  state.unpacked = { files, works, contracts: contracts.slice(0, MOST_FILES) };
  if (notes.length > 0) {
    show("contract-note", ...(files.length > 1 ? chosenNames(files, "file") : []), ...notes, leftOut(contracts.length + left, "contract"));
  }
  return files === state.files;
}

/** @param {string} name @param {Unpacked} found @returns {ChosenContract[]} */
function contractsOf(name, { contracts }) {
  return contracts.map(({ index, bytes }) => ({ name: `${name}, no. ${(index + 1).toLocaleString("en")}`, source: new Blob([bytes]) }));
}

/** @param {Unpacked} found @param {boolean} hasWorks */
function batchNote({ size, matching, contracts }, hasWorks) {
  const is = ` is a batch of ${counted(size, "contract")}.`;
  if (matching > 0) return `${is} For the works you chose, it has ${matching.toLocaleString("en")}.`;
  const few = contracts.length < size ? ` The first ${contracts.length} are checked here.` : "";
  return hasWorks ? `${is} None of them is about a work you chose.${few}` : `${is}${few} Choose works, and you get the answer for each.`;
}

/** The works that are measured by now. */
const measured = () => state.works.flatMap(({ digest }) => digest ?? []);

/** What was chosen: one by its name, several by their number. @param {{ name: string }[]} chosen @param {string} unit */
function chosenNames(chosen, unit) {
  if (chosen.length > 1) return [`Chosen: ${counted(chosen.length, unit)}.`];
  return chosen.length === 1 && chosen[0].name ? ["Chosen: ", named(chosen[0].name)] : [];
}

/** @param {number} count @param {string} unit */
const leftOut = (count, unit) => (count > MOST_FILES
  ? ` At most ${counted(MOST_FILES, unit)} can be checked at once. The other ${count - MOST_FILES} are left out.` : "");

/** Works in place of those before, measured one after the other. @param {File[]} files */
async function chooseWorks(files) {
  const works = files.slice(0, MOST_FILES).map(({ name, size }) => ({ name, size, digest: null, fault: "" }));
  state.works = works;
  measuring.end("other works were chosen");
  changed();
  for (const [at, work] of works.entries()) {
    const which = works.length > 1 ? `, ${at + 1} of ${works.length} …` : " …";
    show("work-note", "Measuring ", named(work.name), which);
    await measure(work, files[at]);
    if (state.works !== works) return;
  }
  const faults = works.filter(({ fault }) => fault !== "").flatMap(({ name, fault }) => [" ", named(name), fault]);
  const size = works.length === 1 ? `, ${counted(works[0].size, "byte")}` : "";
  show("work-note", ...(works.length === 1 && faults.length ? [] : [...chosenNames(works, "work"), size]), ...faults, leftOut(files.length, "work"));
  changed();
}

/** @param {ChosenWork} work @param {File} file */
async function measure(work, file) {
  if (file.size > MOST_OF_A_WORK) {
    work.fault = " is longer than 1 GiB, more than this page can measure. Use: consentsig verify";
    return;
  }
  const answer = await measuring.ask({ task: "measure", file });
  if (answer.failed) work.fault = ` could not be measured: ${answer.failed}`;
  else work.digest = answer;
}

/** @param {File[]} files */
function chooseLists(files) {
  const room = MOST_LISTS - state.lists.length;
  state.lists.push(...files.slice(0, room).map((file) => ({ name: file.name, source: file })));
  $("lists-note").textContent = files.length > room ? `At most ${MOST_LISTS} lists can be looked at; the others are left out.` : "";
  changed();
}

/** The lists, each with the reason if it is not used, and a button that removes it. @param {Answer["lists"]} faults */
function showLists(faults) {
  const rows = state.lists.map((each, at) => {
    const fault = faults?.[at] ? ` is not used: ${faults[at]} ` : " ";
    const button = node("button", "Remove");
    button.type = "button";
    button.setAttribute("aria-label", `Remove ${each.name}`);
    button.onclick = () => {
      state.lists.splice(at, 1);
      $("lists").focus();
      changed();
    };
    const row = node("li", "", fault.trim() && "fault");
    row.append(named(each.name), fault, button);
    return row;
  });
  show("lists-chosen", ...rows);
}

/** Which of the three a file is, judging by its first bytes. @param {Blob} file */
async function kindOf(file) {
  const start = new TextDecoder("latin1").decode(await file.slice(0, 128).arrayBuffer()).trimStart();
  if (start.startsWith("consentsig1:") || start.includes("application/vnd.consentsig+cwt")) return "contract";
  return start.includes("application/statuslist+cwt") ? "lists" : "work";
}

/** @param {string} kind @param {File[]} files */
async function take(kind, files) {
  if (kind === "contract" && embedded) $("contract-note").textContent = "This card shows one contract only; use the page for others.";
  else if (kind === "contract") chooseContracts(files.map((file) => ({ name: file.name, source: file })));
  else if (kind === "work") await chooseWorks(files);
  else chooseLists(files);
}

/**
 * Files that were chosen or dropped at one place, or anywhere. One file is what the place takes. Several are told apart,
 * since a whole folder may have been taken; but what was chosen as a list is one, and its fault is shown if it is not.
 * @param {string | undefined} place
 * @param {File[]} files
 */
async function receive(place, files) {
  if (place && (files.length === 1 || place === "lists")) return take(place, files);
  const kinds = await Promise.all(files.map(kindOf));
  for (const kind of ["contract", "lists", "work"]) {
    const those = files.filter((_, at) => kinds[at] === kind);
    if (those.length > 0) await take(kind, those);
  }
  return undefined;
}

/** @param {DragEvent} event */
async function drop(event) {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const files = [...event.dataTransfer?.files ?? []];
  const over = event.target instanceof Element ? event.target.closest("[data-takes]") : null;
  const place = over instanceof HTMLElement ? over.dataset.takes : undefined;
  if (files.length > 0) await receive(place, files);
}

// ===== The question

/** Who asks, as the verifier takes it; null, with a note, if the text is not an address. */
function grantee() {
  let text = field("grantee").value.trim();
  let note = "";
  if (/^https:\/\/[^/?#]+(\?.*)?$/.test(text)) text = text.replace(/^(https:\/\/[^/?#]+)/, "$1/"); // as every address is written
  if (text !== "" && !/^(https:\/\/[a-z0-9]|did:)/.test(text)) {
    note = "An address begins https:// with its host in small letters; a key line begins did:key:";
  }
  $("grantee-note").textContent = note;
  return text === "" || note ? null : { uri: text };
}

function territory() {
  const place = chosen("place");
  const code = field("country").value.trim().toUpperCase();
  const is = /^[A-Z]{2}$/.test(code);
  const name = is ? new Intl.DisplayNames(["en"], { type: "region", fallback: "none" }).of(code) : null;
  const note = is ? name ?? "A code that is not in use" : "Two letters, such as PT for Portugal";
  $("country-note").textContent = place === "country" ? note : "";
  if (place !== "country") return place === "open" ? null : place;
  return is ? code : null;
}

/** The instant asked about, and now, in seconds. `at` is null if no question about it can be asked. */
function moment() {
  const now = Math.floor(Date.now() / 1000);
  const at = chosen("moment") === "now" ? now : Date.parse(`${field("then").value}Z`) / 1000;
  const bad = Number.isNaN(at) ? "Give the day and the time" : at > now + SKEW_SECONDS ? "Nobody knows what will hold later than now" : "";
  $("then-note").textContent = bad;
  return { at: bad ? null : at, now };
}

/** The keys that the person believes: the signers' whose box is ticked, and a pasted key line. */
function keys() {
  const pasted = field("did-line").value.trim();
  const is = /^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/.test(pasted);
  const same = state.seen !== null && pasted === state.seen.did;
  $("did-note").textContent = pasted === "" ? "" : !is ? "A key line begins did:key:z6Mk and has 56 characters."
    : same ? "It is the key that signed." : "It is another key than the one that signed.";
  return [...state.believed, ...(is ? [pasted] : [])];
}

/**
 * The question, the same for all contracts. Its work is asked about where no work has the fingerprint in the contract:
 * one contract is told that it is about another file. Of several, each that no work matches is not asked about any.
 * @param {ChosenContract[]} contracts
 * @returns {Asked}
 */
function question(contracts) {
  const work = contracts.length === 1 ? state.works.at(-1)?.digest ?? null : null;
  return { keys: keys(), work, grantee: grantee(), use: /** @type {Question["use"]} */ (chosen("use")), territory: territory(), ...moment() };
}

let running = false;
let again = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Ask again once the typing has paused. */
function changed() {
  clearTimeout(timer);
  timer = setTimeout(() => ask(), 150);
}

/** One question at a time; a change in the meantime makes the next one. */
async function ask() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  do {
    again = false;
    await answerOnce();
  } while (again);
  running = false;
}

async function answerOnce() {
  if (!(await unpackBatches())) return undefined; // others were chosen in the meantime, and are asked about next
  const { files, unpacked: { contracts } } = state;
  const asked = question(contracts);
  if (contracts.length === 0) return nothingChosen();
  const results = [];
  for (const contract of contracts) {
    results.push(await askAbout(contract, asked));
    if (files !== state.files) return undefined; // as above
  }
  if (state.contracts !== contracts) state.shown = 0;
  state.contracts = contracts;
  state.results = results;
  state.seen = results[state.shown].seen;
  if (forgetBelief() || proposePlace()) return undefined;
  showTable();
  return showOne();
}

/** @param {ChosenContract} contract @param {Asked} asked @returns {Promise<Result>} */
async function askAbout({ source, answer: known }, asked) {
  /** @param {Answer} answer */
  const only = (answer) => ({ asked: { ...asked, grantee: null }, seen: null, spaced: false, answer, otherwise: null });
  if (known) return only(known);
  const parts = { contract: source, works: measured(), lists: state.lists.map((list) => list.source) };
  const found = asked.at === null ? await readOnly(parts, asked) : await check(parts, asked);
  if ("failed" in found) return only(notAnswered(found.failed));
  const { seen, spaced, grantee, work, answer, otherwise } = found;
  return { asked: { ...asked, grantee, work }, seen, spaced, answer, otherwise };
}

/** @typedef {{ contract: Source, works: Digest[], lists: Source[] }} Parts */
/** @param {Parts} parts @param {Asked} asked @returns {Promise<Found | Failed>} */
function check(parts, asked) {
  return checking.ask({ task: "check", ...parts, question: asked }, CHECK_SECONDS);
}

/** What a contract says when no question about it can be asked. @param {Parts} parts @param {Asked} asked @returns {Promise<Found | Failed>} */
async function readOnly(parts, asked) {
  const found = await check(parts, { ...asked, at: asked.now });
  return "failed" in found ? found : { ...found, answer: notAnswered("no question about this time can be asked"), otherwise: null };
}

/** @param {string} message @returns {Answer} */
function notAnswered(message) {
  return { result: null, step: null, message, asOf: null, since: null, lists: null };
}

/**
 * Other contracts have other keys, and a tick for one that is gone says nothing about them. Returns whether that changes
 * the question, which is then asked again.
 */
function forgetBelief() {
  const signers = new Set(state.results.map(({ seen }) => seen?.did));
  const gone = [...state.believed].filter((did) => !signers.has(did));
  for (const did of gone) state.believed.delete(did);
  again ||= gone.length > 0;
  return gone.length > 0;
}

/**
 * Until the person chooses a place, the page proposes one: nowhere in particular for contracts for the whole world;
 * for any other the place is left open. Returns whether that changes the question, which is then asked again.
 */
function proposePlace() {
  const all = state.results.flatMap(({ seen }) => seen ?? []);
  const ids = all.map(({ contractId }) => contractId).join(" ");
  if (all.length === 0 || state.placed === "said" || state.placed === ids) return false;
  state.placed = ids;
  const proposed = all.every(({ terms }) => terms.isWorldwide) ? "none" : "open";
  if (chosen("place") === proposed) return false;
  pick("place", proposed);
  again = true;
  return true;
}

/** @param {string} name @param {string} value */
function pick(name, value) {
  /** @type {HTMLInputElement} */ (first(`input[name="${name}"][value="${value}"]`, $("question"))).checked = true;
}

// ===== The answer

function nothingChosen() {
  state.seen = null;
  say(NOTHING_CHOSEN, "wait", {});
  for (const id of ["all", "key", "says", "facts", "steps", "conditions", "unchecked"]) $(id).hidden = true;
  show("answer-detail");
  show("list-address");
  showLists(null);
}

/** @typedef {Record<string, string | number | null | undefined>} Facts */
/** @param {string} text @param {Facts} facts */
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? "…"));

/**
 * The sentences, and on narrow screens the first of them where the form is.
 * @param {Saying} saying
 * @param {string} mood
 * @param {Facts} facts
 */
function say([word, why, what], mood, facts) {
  $("answer").dataset.mood = $("jump").dataset.mood = mood;
  $("jump").hidden = word === "";
  first("strong", $("jump")).textContent = word;
  const texts = [word, fill(why, facts), fill(what, facts)];
  ["answer-word", "answer-why", "answer-do"].forEach((id, at) => {
    // Only what changed: a screen reader reads the region again at every change.
    if ($(id).textContent !== texts[at]) $(id).textContent = texts[at];
  });
}

/** @param {Asked} asked */
const missingParts = (asked) => /** @type {Part[]} */ (Object.keys(MISSING)).filter((part) => asked[part] === null);

/** The facts that fill the gaps in the sentences. @param {Asked} asked @param {Answer} answer @param {Seen | null} seen */
function factsOf(asked, answer, seen) {
  const terms = seen?.terms;
  return {
    when: chosen("moment") === "now" ? " now" : `, as things stood at ${instant(asked.at ?? asked.now)}`,
    missing: missingParts(asked).map((part) => MISSING[part]).join("; "),
    places: terms?.territory.join(", "),
    start: terms && instant(terms.starts),
    end: terms && lastDay(terms.expires),
    since: answer.since && instant(answer.since),
    days: terms && counted(terms.revocation.days, "day"),
    list: terms?.status?.uri ?? "its address",
  };
}

/**
 * The answer that is told first. To believe the key can change an answer of "unknown-creator", but not into a yes where
 * the contract was revoked, has ended or is about something else: that is a plain no. A list that is missing can still come.
 * @param {Answer} answer
 * @param {Answer | null} otherwise
 */
function told(answer, otherwise) {
  const open = otherwise === null || otherwise.result === null || isGood(otherwise) || otherwise.result.startsWith("status-");
  return open ? answer : otherwise;
}

/** Whether everything that was asked holds. @param {Answer} answer */
const isGood = ({ result }) => result === "valid" || result === "authentic";

/** @param {Answer} answer */
const sayingOf = ({ result }) => (result === null ? NOT_ANSWERED : SAYINGS[result] ?? NOT_ANSWERED);

/** The contract that is told in full. */
function showOne() {
  const { asked, seen, spaced, answer, otherwise } = state.results[state.shown];
  state.seen = seen;
  const toldFirst = told(answer, otherwise);
  const saying = sayingOf(toldFirst);
  say(saying, MOODS[saying[0]], factsOf(asked, toldFirst, seen));
  show("answer-heading", "The answer", ...(state.contracts.length > 1 ? [" for ", nameOf(state.shown)] : []));
  show("answer-detail", ...detail(answer, otherwise), spaced ? " The line was wrapped: spaces and line ends in it were left out." : "");
  showUnchecked(asked, answer, otherwise);
  showKey();
  showText(answer);
  showFacts(asked);
  showSteps(asked, answer);
  list("conditions", state.seen !== null && isGood(answer) ? conditions(state.seen.text) : []);
  showLists(answer.lists ?? otherwise?.lists ?? null);
}

/** The name of a contract, or its place where it has none. @param {number} at */
const nameOf = (at) => named(state.contracts[at].name || `contract ${at + 1}`);

/** One row for each contract with the work that has its fingerprint, and the works that none of them is about. */
function showTable() {
  const { results, works } = state;
  $("all").hidden = results.length < 2 && works.length < 2;
  if ($("all").hidden) return;
  const words = results.map(({ answer, otherwise }) => sayingOf(told(answer, otherwise))[0]);
  const sums = Object.keys(MOODS).flatMap((word) => {
    const count = words.filter((each) => each === word).length;
    return count > 0 ? `${count} × “${word}”` : [];
  });
  show("all-sum", `${counted(results.length, "contract")}: ${sums.join(", ")}`);
  first("tbody", $("all")).replaceChildren(...results.map(rowOf));
  const signed = new Set(results.map(({ seen }) => seen?.terms.work.sha256));
  const unmatched = works.filter(({ digest }) => digest !== null && !signed.has(digest.sha256));
  list("unmatched", unmatched.map(({ name }) => {
    const item = node("li", "");
    item.append(named(name));
    return item;
  }));
}

/** @param {Result} result @param {number} at */
function rowOf({ asked, seen, answer, otherwise }, at) {
  const toldFirst = told(answer, otherwise);
  const [word, why, what] = sayingOf(toldFirst);
  const reason = MOODS[word] === "open" ? `${why} ${what}` : why;
  const button = node("button", "Show");
  button.type = "button";
  button.setAttribute("aria-label", `Show ${state.contracts[at].name || `contract ${at + 1}`}`);
  button.setAttribute("aria-pressed", String(at === state.shown));
  button.onclick = () => {
    state.shown = at;
    showTable();
    showOne();
    $("answer").focus();
  };
  const row = document.createElement("tr");
  const cells = [["Work", workOf(seen)], ["Answer", node("strong", word)], ["Why", fill(reason, factsOf(asked, toldFirst, seen))], ["", button]];
  const head = node("th", "");
  head.scope = "row";
  head.append(nameOf(at));
  row.append(head, ...cells.map(([label, content]) => {
    const cell = node("td", "");
    cell.dataset.label = String(label);
    cell.append(content);
    return cell;
  }));
  row.cells[2].dataset.mood = MOODS[word];
  return row;
}

/** The work chosen that has the fingerprint in a contract, or what is said where none has it. @param {Seen | null} seen */
function workOf(seen) {
  const { works } = state;
  const work = works.find(({ digest }) => digest !== null && digest.sha256 === seen?.terms.work.sha256);
  if (work) return named(work.name);
  if (seen === null) return "–";
  if (works.some(({ digest, fault }) => digest === null && fault === "")) return "Still measuring …";
  return works.length > 0 ? "None of those chosen" : "None chosen";
}

/** @param {Answer} answer @param {Answer | null} otherwise */
function detail(answer, otherwise) {
  const parts = [`${answer.result ?? "no answer"}: ${answer.message}.`];
  if (otherwise === null) return parts;
  const rest = isGood(otherwise) ? "all else that was asked holds." : `it is still a no: ${otherwise.result}: ${otherwise.message}.`;
  return [...parts, node("strong", ` If the key is the creator’s, ${rest}`)];
}

/** @param {Asked} asked @param {Answer} answer @param {Answer | null} otherwise */
function showUnchecked(asked, answer, otherwise) {
  const items = missingParts(asked).map((part) => ({
    work: "Whether you have the very work: choose it, or drop it here.",
    grantee: "Whether it permits the one who wants to use the work.",
    use: "Whether it permits the use.",
    territory: "Whether it covers the place.",
  })[part]);
  const status = state.seen?.terms.status;
  const asOf = answer.asOf ?? otherwise?.asOf;
  if (status && asOf) items.push(`Whether a list newer than that of ${instant(asOf)} takes it back: ${status.uri}`);
  list("unchecked", state.seen === null ? [] : items.map((text) => node("li", text)));
}

function showKey() {
  $("key").hidden = state.seen === null;
  field("believe").checked = state.seen !== null && state.believed.has(state.seen.did);
  show("list-address");
  if (state.seen === null) return;
  const { did, terms } = state.seen;
  $("did").textContent = did;
  const name = node("strong", `“${terms.creator.name ?? ""}”`);
  show("claim", ...(terms.creator.name === null ? ["It gives no name."] : ["It calls itself ", name, ". A name in a contract is only a claim."]));
  $("list-address").textContent = terms.status === null ? "This contract cannot be taken back, so it needs no list." : `Its address: ${terms.status.uri}`;
}

/** The text, and above it how far it can be trusted: alone it would look like a promise. @param {Answer} answer */
function showText(answer) {
  $("says").hidden = state.seen === null;
  show("text", ...lines(state.seen?.text ?? ""));
  const signed = isGood(answer) || (answer.step ?? 0) > 3;
  const together = state.seen?.batchSize ? ` One of ${counted(state.seen.batchSize, "contract")} signed together.` : "";
  $("says-note").textContent = signed ? `The key signed this, to the letter. Whether it permits what you ask stands in the answer.${together}`
    : "Anybody may have written this: the signature was not found good.";
  $("line").textContent = state.seen?.line ?? "";
}

/** @param {string} what @param {string | null} theirs @param {string | null | undefined} ours @param {boolean | null} same */
function compared(what, theirs, ours, same) {
  const row = document.createElement("tr");
  const so = ours == null ? "not asked" : theirs === null ? "not stated" : same ? "the same" : "differs";
  const head = node("th", what);
  head.scope = "row";
  const cells = [["The contract says", theirs ?? "–"], ["You gave", ours ?? "–"], ["So", so]].map(([label, text]) => {
    const cell = node("td", text);
    cell.dataset.label = label;
    return cell;
  });
  cells[2].dataset.so = so;
  row.append(head, ...cells);
  return row;
}

/** @type {readonly (readonly ["sha256" | "sha384" | "sha512", string])[]} */
const DIGESTS = [["sha256", "SHA-256"], ["sha384", "SHA-384"], ["sha512", "SHA-512"]];

/** @param {Asked} asked */
function showFacts(asked) {
  $("facts").hidden = state.seen === null;
  if (state.seen === null) return;
  const { terms, contractId, did } = state.seen;
  const { work } = asked;
  const digests = DIGESTS.filter(([name]) => terms.work[name] !== null)
    .map(([name, label]) => compared(`Fingerprint (${label})`, terms.work[name], work && work[name], work && work[name] === terms.work[name]));
  const size = terms.work.size;
  const worldwide = terms.isWorldwide;
  const place = asked.territory === "none" ? "none in particular" : asked.territory === "001" ? "the whole world" : asked.territory;
  /** @param {boolean} yes */
  const among = (yes) => (yes ? "covered" : "not covered");
  const rows = [
    compared("Key", did, asked.keys.length ? asked.keys.join(" ") : null, asked.keys.includes(did)),
    ...digests,
    ...(size === null ? [] : [compared("Size", counted(size, "byte"), work && counted(work.size ?? 0, "byte"), work && work.size === size)]),
    compared("Who", terms.grantee.uri ?? terms.grantee.key, asked.grantee && asked.grantee.uri,
      asked.grantee && (asked.grantee.uri === terms.grantee.uri || asked.grantee.key === terms.grantee.key)),
    compared("Use", terms.uses.join(", "), asked.use, true),
    compared("Place", worldwide ? "the whole world" : terms.territory.join(", "), place, true),
    compared("Time", `${instant(terms.starts)} until ${lastDay(terms.expires)}`, asked.at === null ? null : instant(asked.at), true),
    compared("Number of the contract", contractId, null, true),
  ];
  /** @param {HTMLTableRowElement} row @param {string} text */
  const so = (row, text) => Object.assign(row.cells[row.cells.length - 1], { textContent: text }).setAttribute("data-so", text);
  const [use, where, time, number] = rows.slice(-4);
  if (asked.use !== null) so(use, among(terms.uses.includes(asked.use)));
  if (asked.territory !== null) so(where, among(worldwide || terms.territory.includes(asked.territory)));
  if (asked.at !== null) so(time, among(asked.at >= terms.starts && asked.at < terms.expires));
  so(number, "–");
  first("tbody", $("facts")).replaceChildren(...rows);
}

/** @param {Asked} asked @param {Answer} answer */
function showSteps(asked, answer) {
  const { step } = answer;
  const passedAll = isGood(answer);
  const items = STEPS.map(({ says, asks, always }, at) => {
    const number = at + 1;
    let how = "not reached";
    if (step === number) how = "failed here";
    else if (passedAll || (step !== null && number < step)) how = asks && asked[asks] === null ? "not asked" : always ? "always passes in format 1.0" : "passed";
    const item = node("li", `${says}: `);
    item.append(node("span", how, how.replaceAll(" ", "-")));
    return item;
  });
  list("steps", items);
}

/** The conditions, word for word from the signed text. Signed words are in quotes and have no line ends. @param {string} text */
function conditions(text) {
  /** @type {Map<string, string[]>} */
  const sections = new Map(text.trimEnd().split("\n\n").map((section) => {
    const [heading, ...rest] = section.split("\n");
    return [heading, rest];
  }));
  /** @param {string} heading */
  const of = (heading) => sections.get(heading) ?? [];
  /** @param {string[]} section */
  const due = ([opening, ...rest]) => [opening, rest.join("; ")].join(" ").trim();
  const stop = of("TAKING IT BACK").filter((line) => line.startsWith("Once "));
  return [
    of("PURPOSE").join(" "),
    due(of("PAYMENT")),
    ...of("CREDIT AND REPORTS"),
    ...stop,
    due(of("ERASING")),
    ...of("GRANTEE").slice(-2),
  ].filter((text) => text !== "").map((text) => node("li", text));
}

// ===== Events

function listen() {
  const form = $("question");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement && target.type === "file")) changed();
  });
  for (const id of ["contract", "work", "lists"]) {
    const input = field(id);
    input?.addEventListener("change", () => {
      const files = [...input.files ?? []];
      input.value = ""; // so that the same file can be chosen again after it was changed
      if (files.length > 0) receive(id, files);
    });
  }
  const line = field("contract-line");
  line?.addEventListener("input", () => {
    const source = line.value.trim();
    chooseContracts(source ? [{ name: "", source }] : []);
  });
  $("believe").addEventListener("change", () => {
    if (state.seen === null) return;
    if (field("believe").checked) state.believed.add(state.seen.did);
    else state.believed.delete(state.seen.did);
  });
  for (const radio of form.querySelectorAll("input[name=place]")) radio.addEventListener("input", () => { state.placed = "said"; });
  $("country").addEventListener("input", () => {
    pick("place", "country");
    state.placed = "said";
  });
  $("then").addEventListener("input", () => pick("moment", "then"));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("dropping"));
  addEventListener("drop", drop);
}

function begin() {
  listen();
  if (embedded) {
    /** @param {string} text */
    const bytes = (text) => new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
    state.files = [{ name: "", source: embedded.contract }];
    state.lists = embedded.lists.map((text, at) => ({ name: `List ${at + 1} in this card`, source: bytes(text) }));
  }
  ask();
}

begin();
