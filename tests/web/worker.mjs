// Asks the worker of a built page every vector; prints what was answered where that is not what is expected.
//   node tests/web/worker.mjs PAGE
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expanded, KINDS } from "./checks.mjs";

const page = readFileSync(process.argv[2], "utf8");
const [, program] = /<script type="module">\n(function verifier\(\) \{\n[^]*?\n\})\n\/\/ The page: /.exec(page);
const self = { postMessage: null };
new Function("self", `(${program})()`)(self); // as the page makes it into the text of a worker

const ask = (message) => new Promise((resolve) => {
  self.postMessage = ({ answer }) => resolve(answer);
  self.onmessage({ data: { id: 1, task: "check", ...message } });
});
const blob = (hex) => new Blob([Buffer.from(hex, "hex")]);

const root = fileURLToPath(new URL("../../vectors", import.meta.url));
const wrong = [];
let run = 0;
const groups = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory() && KINDS.includes(entry.name));
for (const group of groups) {
  for (const file of readdirSync(`${root}/${group.name}`).filter((name) => name.endsWith(".json"))) {
    const { batch, contract, line, keys, work, grantee, use, territory, at, max_status_age: age, status_lists: lists, status_seen: sights, expect,
      text } =
      expanded(JSON.parse(readFileSync(`${root}/${group.name}/${file}`, "utf8")));
    if (batch !== undefined) {
      const { refused } = await ask({ task: "unpack", file: blob(batch), works: [], most: 1 });
      if ((refused?.result ?? "valid") !== expect) wrong.push([`${group.name}/${file}`, refused, expect]);
      run++;
      continue;
    }
    if (/[ \t\r\n]/.test(line ?? "")) continue; // the page leaves white space out
    if (file === "grantee_did_key_for_key.json") continue; // the page asks about the key too
    if (sights !== undefined) continue; // the page does not know when a list was first seen
    const question = { keys, work, grantee, use, territory, at, maxStatusAge: age ?? null };
    const { answer, seen } = await ask({ contract: line === undefined ? blob(contract) : new Blob([line]), lists: lists.map(blob), question });
    if (answer.result !== expect || (text && seen.text !== text)) wrong.push([`${group.name}/${file}`, answer.result, expect]);
    run++;
  }
}
console.log(JSON.stringify({ run, wrong }));
