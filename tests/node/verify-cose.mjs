// verify-cose.mjs FILE PUBKEY_HEX: does @auth0/cose accept this COSE_Sign1 under this Ed25519 key?
// Exit status: 0 it does, 1 it refuses the file, 2 the question could not be asked.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(2);
});

const { Sign1 } = await import("@auth0/cose");
const [file, hex] = process.argv.slice(2);
const data = readFileSync(file);
const x = Buffer.from(hex, "hex").toString("base64url");
const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });

if (data[0] !== 0xd2) refuse("not tag 18"); // the library would take an untagged array too

try {
  await Sign1.decode(data).verify(key);
} catch (error) {
  refuse(error.message);
}

function refuse(reason) {
  console.error(reason);
  process.exit(1);
}
