// One vector against the module: shared by vectors.mjs (Node) and vectors.html (browsers).
const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
/** Digit by digit: a batch file of 64 MiB would be as many texts. */
function unhex(s) {
  const value = (at) => ((code) => (code < 58 ? code - 48 : code - 87))(s.charCodeAt(at));
  const bytes = new Uint8Array(s.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = value(2 * i) * 16 + value(2 * i + 1);
  return bytes;
}
const rfc3339 = (s) => (s === null ? null : Number.isNaN(new Date(s * 1000).getTime()) ? `no time: ${s}` : new Date(s * 1000).toISOString().replace(".000Z", "Z"));

/** claims in the JSON form of vectors/README.md */
function jsonForm(item) {
  if (item instanceof Uint8Array) return { hex: hex(item) };
  if (Array.isArray(item)) return item.map(jsonForm);
  if (item instanceof Map) return { map: [...item].map(([k, v]) => [k, jsonForm(v)]) };
  return item;
}

const FIELDS = new Set(["name", "comment", "spec", "flags", "contract", "keys", "work", "grantee", "use", "territory", "at",
  "max_status_age", "status_lists", "list_results", "sig_structure", "expect", "step", "contract_id", "claims", "as_of", "since", "text",
  "status_seen", "against", "without_batches"]);
const FILE_FIELDS = new Set(["name", "comment", "spec", "flags", "batch", "keys", "work", "grantee", "use", "territory", "at",
  "max_status_age", "status_lists", "list_results", "expect", "step", "answers"]);
export const KINDS = ["contract", "line", "status", "text", "batch", "batch_file"];

/** What is returned, or the refusal that is thrown; anything else that is thrown is a fault of the verifier. */
const orRefusal = (promise) => promise.catch((error) => {
  if (error.name !== "RefusedError") throw error;
  return error;
});

/** Since when each list can be shown to have existed, by object id. */
function sightsOf({ status_seen: seen }, lists) {
  if (seen === undefined) return null;
  return new Map(lists.map((list, n) => [list.objectId, seen[n]]).filter(([, since]) => since !== null));
}

/** Compares, counts, and notes what differs. */
const comparing = (wrong, count) => (what, got, want) => {
  count[what] = (count[what] ?? 0) + 1;
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  if (a !== b) wrong.push(`${what}: got ${String(a).slice(0, 300)}, want ${String(b).slice(0, 300)}`);
};

/** The question of a vector, with its lists. */
async function questionOf(lib, v, is) {
  const alone = await Promise.all(v.status_lists.map((l) => orRefusal(lib.verifyStatusList(unhex(l)))));
  is("list_results", alone.map((a) => a.code ?? "valid"), v.list_results);
  const status = alone.filter((a) => a.code === undefined);
  return { keys: v.keys, work: v.work, grantee: v.grantee, use: v.use, territory: v.territory, at: v.at, status,
    maxStatusAge: v.max_status_age ?? null, seen: sightsOf(v, alone) };
}

/** A vector of batch_file/: the file is opened, and each of its contracts is asked about. */
async function checkBatchFile(lib, path, v, count) {
  const wrong = [];
  const is = comparing(wrong, count);
  for (const f of Object.keys(v)) if (!FILE_FIELDS.has(f)) wrong.push(`field not run: ${f}`);
  is("name", v.name, path.replace(/\.json$/, ""));
  const question = await questionOf(lib, v, is);
  const batch = await orRefusal(lib.openBatch(unhex(v.batch)));
  is("opened", [batch.code ?? "valid", batch.step ?? null], [v.expect, v.step]);
  if (batch.code !== undefined) return [...wrong, ...(wrong.length > 0 ? [`message: ${batch.message}`] : [])];
  is("size", batch.size, v.answers?.length);
  for (const [index, answer] of (v.answers ?? []).entries()) {
    const { result, step, contractId } = await lib.judgeContract(batch.contract(index), question);
    is("answer", [result, step, contractId ?? answer.contract_id], [answer.expect, answer.step, answer.contract_id]);
  }
  return wrong;
}

export async function checkVector(lib, path, v, count) {
  const wrong = [];
  const is = comparing(wrong, count);
  for (const f of Object.keys(v)) if (!FIELDS.has(f)) wrong.push(`field not run: ${f}`);
  is("name", v.name, path.replace(/\.json$/, ""));
  const bytes = unhex(v.contract);
  const question = await questionOf(lib, v, is);
  const answer = await lib.judgeContract(bytes, question);
  is("expect", answer.result, v.expect);
  is("step", answer.step, v.step);
  if (wrong.length) wrong.push(`message: ${answer.message}`);
  const back = await lib.judgeContract(bytes, { ...question, status: [...question.status].reverse() });
  is("lists reversed", back.result, v.expect);
  const whole = await orRefusal(lib.verifyContract(bytes, question));
  is("verified alone", whole.code ?? whole.result, v.expect);
  const parsed = await orRefusal(lib.parseContract(bytes));
  is("sig_structure", v.step === 1 ? undefined : hex(lib.sigStructureOf(bytes)), v.sig_structure);
  is("since", answer.error?.since ? rfc3339(answer.error.since) : undefined, v.since);
  is("parse ok", parsed.code === undefined, !(v.step === 1 || v.step === 2));
  const dids = v.keys.map((key) => key.key ?? key).filter((key) => key.startsWith("did:"));
  for (const did of dids) is("did:key round trip", lib.toDidKey(lib.fromDidKey(did)), did);
  if (v.expect === "valid" || v.expect === "authentic") {
    is("contract_id", answer.contract?.contractId, v.contract_id);
    is("claims", answer.contract && jsonForm(lib.decode(answer.contract.payload)), v.claims);
    is("as_of", rfc3339(answer.asOf), v.as_of);
    const text = answer.contract && lib.render(answer.contract.terms);
    if (v.text !== undefined) {
      is("text", text, v.text);
      is("text from parsed terms", lib.render(parsed.terms), v.text);
    }
    const { x } = parsed.terms.creator.key;
    is("thumbprint in text", Boolean(text?.includes(`Signing key: ${await lib.thumbprint(unhex(x))}`)), true);
  } else {
    for (const f of ["contract_id", "claims", "text"]) if (v[f] !== undefined) wrong.push(`${f} with a no: not run`);
    is("no contract with a no", answer.contract, null);
    is("as_of with a no", rfc3339(answer.asOf), v.as_of ?? null);
    is("against", answer.error?.disputed?.against, v.against);
  }
  return wrong;
}

/** A text, or what a recipe makes of its parts. */
export const expand = (value) =>
  typeof value === "string" ? value : value.map((part) => (typeof part === "string" ? part : part[0].repeat(part[1]))).join("");

/** A vector, its recipes carried out. */
export function expanded(vector) {
  const whole = { ...vector, status_lists: vector.status_lists.map(expand) };
  for (const field of ["contract", "batch", "line", "sig_structure"]) if (field in vector) whole[field] = expand(vector[field]);
  return whole;
}

/** One file of vectors/, those with a line and batch files too: what is wrong with the answer. */
export async function checkFile(lib, path, recipe, count) {
  const vector = expanded(recipe);
  if ("batch" in vector) return checkBatchFile(lib, path, vector, count);
  const bytes = "line" in vector ? lib.fromLine(vector.line.replace(/\r?\n$/, "")) : unhex(vector.contract);
  const isRight = bytes === null ? vector.expect === "malformed" : hex(bytes) === vector.contract;
  const { line: _, ...question } = vector; // looked at above
  const wrong = bytes === null ? [] : await checkVector(lib, path, question, count);
  return isRight ? wrong : [...wrong, "the line stands for another file"];
}

/** The packed table against spec/codepoints.txt, code point by code point. */
export function checkCodePoints(lib, text) {
  const want = new Map();
  for (const line of text.split("\n")) {
    const m = /^([0-9A-F]+)\.\.([0-9A-F]+) ([LMO])$/.exec(line);
    if (m) for (let p = parseInt(m[1], 16); p <= parseInt(m[2], 16); p++) want.set(p, m[3]);
  }
  let bad = 0;
  for (let p = 0; p <= 0x10ffff; p++) if (lib.classOf(p) !== (want.get(p) ?? "")) bad++;
  return { listed: want.size, bad };
}
