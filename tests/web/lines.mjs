// Reads texts as JSON, one array; prints for each the file it is the one line of, in hex, or null, and that file's line.
import { readFileSync } from "node:fs";
import { fromLine, toLine } from "../../src/consentsig/web/consentsig.mjs";

const found = JSON.parse(readFileSync(0, "utf8")).map((text) => {
  const bytes = fromLine(text);
  return bytes && { hex: Buffer.from(bytes).toString("hex"), line: toLine(bytes) };
});
console.log(JSON.stringify(found));
