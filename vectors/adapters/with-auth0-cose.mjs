// An adapter around @auth0/cose 1.0, a COSE library that knows nothing of this format.
//
//     consentsig conformance --server 'node vectors/adapters/with-auth0-cose.mjs'
//
// Checks: that the library reads the file and accepts the signature under a believed key.
// Does not check: anything else. It passes over keys that are given by their thumbprint.
// A yes means only that a signature is good; README.md says how many contracts pass this way
// that must be refused.
//
// Needs: npm install @auth0/cose, in this folder or one above.

import { createPublicKey } from "node:crypto";
import { createInterface } from "node:readline";
import { Sign1 } from "@auth0/cose";

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const TAG_18 = 0xd2; // the library would take an untagged array too

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify({ result: await answer(JSON.parse(line)) }));
}

async function answer(question) {
  const data = Buffer.from(expand(question.contract), "hex");
  let message;
  try {
    if (data[0] !== TAG_18) return "malformed";
    message = Sign1.decode(data);
  } catch {
    return "malformed";
  }
  const keys = question.keys.map((key) => key.key ?? key);
  for (const did of keys.filter((key) => key.startsWith("did:"))) {
    if (await isSigned(message, did)) {
      const asked = [question.work, question.grantee, question.use, question.territory];
      return asked.includes(null) ? "authentic" : "valid";
    }
  }
  return "bad-signature";
}

// The hexadecimal digits: as they are, or from the parts of a recipe.
function expand(value) {
  const parts = typeof value === "string" ? [value] : value;
  return parts.map((part) => (typeof part === "string" ? part : part[0].repeat(part[1]))).join("");
}

async function isSigned(message, did) {
  try {
    await message.verify(publicKey(did));
    return true;
  } catch {
    return false;
  }
}

function publicKey(did) {
  let number = 0n;
  for (const char of did.slice("did:key:z".length)) {
    number = number * 58n + BigInt(BASE58.indexOf(char));
  }
  const bytes = Buffer.from(number.toString(16).padStart(68, "0"), "hex");
  const x = bytes.subarray(2).toString("base64url"); // after the two bytes of the key type
  return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
}
