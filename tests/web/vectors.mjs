// Runs every file below vectors/ against consentsig.mjs (or the module named on the command line).
import { readFileSync, readdirSync, statSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, join, relative, resolve } from "node:path";
import { checkVector, checkCodePoints, KINDS } from "./checks.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const lib = await import(process.argv[2] ? pathToFileURL(resolve(process.argv[2])).href : "./consentsig.mjs");
const quiet = process.argv.includes("--quiet");
const root = join(here, "vectors");
const walk = (dir) => readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? walk(join(dir, n)) : [join(dir, n)]));
const count = {};
const groups = {};
const notRun = [];
let failed = 0;
const start = Date.now();
for (const file of walk(root).sort()) {
  const path = relative(root, file).replaceAll("\\", "/");
  const group = path.split("/")[0];
  if (path === "README.md" || path === "schema.json" || path === "LICENSE") continue; // not vectors
  if (!KINDS.includes(group) || !path.endsWith(".json")) { notRun.push(path); continue; }
  const wrong = await checkVector(lib, path, JSON.parse(readFileSync(file, "utf8")), count);
  groups[group] = (groups[group] ?? 0) + 1;
  if (wrong.length) { failed++; console.log(`FAIL ${path}\n  ${wrong.join("\n  ")}`); }
}
const table = checkCodePoints(lib, readFileSync(join(here, "spec/codepoints.txt"), "utf8"));
if (table.bad) { failed++; console.log(`FAIL code points: ${table.bad} differ`); }
for (const path of notRun) console.log(`NOT RUN ${path}: a kind this runner does not know`);
const total = Object.values(groups).reduce((a, b) => a + b, 0);
if (!total) console.log("FAIL no vectors found");
if (!quiet) console.log(`Node ${process.version}: ${total} vectors`, groups, "checks", count, `code points ${table.listed}`, `${Date.now() - start} ms`);
console.log(`failed ${failed}, not run ${notRun.length}`);
process.exit(failed || notRun.length || !total ? 1 : 0);
