// Prints the names of the properties of each kind of object, as JSON; and the names of what is exported.
import { readFileSync } from "node:fs";
import * as lib from "../../src/consentsig/web/consentsig.mjs";
import * as make from "./batches.mjs";

const vector = JSON.parse(readFileSync(new URL("../../vectors/text/full.json", import.meta.url), "utf8"));
const { keys, work, grantee, use, territory, at } = vector;
const bytes = Buffer.from(vector.contract, "hex");
const list = await lib.verifyStatusList(Buffer.from(vector.status_lists[0], "hex"));
const question = { keys, work, grantee, use, territory, at, status: [list] };
const parsed = await lib.parseContract(bytes);
const [one] = make.ordered(["a", "b"].map((work) => make.leaf(work))).map((_, at, leaves) => make.contractOf(leaves, at));
const verdict = await lib.judgeContract(bytes, question);
const { terms } = verdict.contract;

const own = (object) => {
  const prototype = Object.getPrototypeOf(object);
  const more = prototype === Object.prototype ? [] : Object.getOwnPropertyNames(prototype);
  return [...Object.keys(object), ...more].filter((name) => name !== "constructor").sort();
};
console.log(JSON.stringify({
  exports: Object.keys(lib).sort(),
  conditions: own(verdict.contract.conditions),
  PublicKey: own(terms.creator.key),
  Creator: own(terms.creator),
  Work: own(terms.work),
  Grantee: own(terms.grantee),
  Payment: own(terms.payments[0]),
  Revocation: own(terms.revocation),
  Erasure: own(terms.erasure),
  StatusReference: own(terms.status),
  Terms: own(terms),
  Sign1: own(parsed.sign1),
  UnverifiedContract: own(parsed),
  VerifiedContract: own(verdict.contract),
  Verdict: own(verdict),
  ListTerms: own(list.terms),
  StatusList: own(list),
  UnverifiedStatusList: own(await lib.parseStatusList(list.data)),
  Place: own((await lib.parseContract(one)).place),
  Digest: own(await lib.digestWork(bytes)),
}));
