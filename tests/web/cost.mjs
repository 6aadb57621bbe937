// Counts what it costs to inflate streams that are made to cost much: codes built, with their entries, and bits read.
//   node tests/web/cost.mjs MODULE    where MODULE counts in globalThis.counted
import { pathToFileURL } from "node:url";

const BLOCKS = 2000;
const counted = { codes: 0, entries: 0, bits: 0, decoders: 0 };
globalThis.counted = counted;
globalThis.TextDecoder = class extends TextDecoder {
  constructor(...options) {
    super(...options);
    counted.decoders++;
  }
};
const lib = await import(pathToFileURL(process.argv[2]).href);

/** A zlib stream of many blocks that hold nothing, and a last one that holds a zero. */
function stream(block) {
  const bits = [];
  const put = (value, count) => { for (let i = 0; i < count; i++) bits.push((value >> i) & 1); };
  const whole = () => { while (bits.length % 8) bits.push(0); };
  for (let i = 0; i < BLOCKS; i++) block(put, whole);
  put(1, 3); // the last, stored
  whole();
  [1, 0, 0xfe, 0xff, 0].forEach((byte) => put(byte, 8));
  const bytes = Array.from({ length: bits.length / 8 }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((sum, bit, i) => sum | (bit << i), 0));
  return Uint8Array.from([0x78, 0x9c, ...bytes, 0, 1, 0, 1]); // the check of one zero
}

/** As many lengths as a dynamic block can have, all of them 0 but two, in as few bits as it takes. */
function dynamic(put) {
  put(0, 1);
  put(2, 2);
  put(286 - 257, 5);
  put(30 - 1, 5);
  put(18 - 4, 4); // up to length 1, which is the last but one in the order of codes
  for (let i = 0; i < 18; i++) put(i === 2 || i === 17 ? 1 : 0, 3); // "0" is length 1, "1" repeats zeros
  const zeros = (count) => put(1 | ((count - 11) << 1), 8);
  zeros(138);
  zeros(118);
  put(0, 1); // the end of the block
  zeros(29);
  put(0, 1); // one distance
  zeros(29);
  put(0, 1); // the end
}

const BLOCK = {
  fixed: (put) => { put(0, 1); put(1, 2); put(0, 7); },
  stored: (put, whole) => { put(0, 3); whole(); put(0, 16); put(0xffff, 16); },
  dynamic,
};
const found = { blocks: BLOCKS };
for (const [name, block] of Object.entries(BLOCK)) {
  const bytes = stream(block);
  Object.assign(counted, { codes: 0, entries: 0, bits: 0 });
  const size = lib.inflate(bytes).length;
  found[name] = { ...counted, size, length: bytes.length };
}
counted.decoders = 0;
lib.decode(Uint8Array.from([0x99, 0x07, 0xd0, ...Array(2000).fill(0x60)]));
found.decoders = counted.decoders;
console.log(JSON.stringify(found));
