// Runs every vector against the browser verifier in Node, and looks at its one-line form.
//   node tests/web/vectors.mjs [MODULE]
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkCodePoints, checkFile, KINDS } from "./checks.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lib = await import(pathToFileURL(resolve(process.argv[2] ?? join(root, "src/consentsig/web/consentsig.mjs"))).href);

const paths = readdirSync(join(root, "vectors"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(root, "vectors", name)).map((file) => `${name}/${file}`))
  .filter((path) => path.endsWith(".json"))
  .sort();
const count = {};
const notRun = paths.filter((path) => !KINDS.includes(path.split("/")[0]));
const failed = [];
for (const path of paths) {
  if (notRun.includes(path)) continue;
  const vector = JSON.parse(readFileSync(join(root, "vectors", path), "utf8"));
  const wrong = await checkFile(lib, path, vector, count);
  if (wrong.length > 0) failed.push({ path, wrong });
}
const table = checkCodePoints(lib, readFileSync(join(root, "spec/codepoints.txt"), "utf8"));
if (table.bad > 0) failed.push({ path: "spec/codepoints.txt", wrong: [`${table.bad} code points differ`] });

console.log(JSON.stringify({ run: paths.length - notRun.length, checks: count, failed, notRun }));
process.exit(failed.length > 0 || notRun.length > 0 || paths.length === 0 ? 1 : 0);
