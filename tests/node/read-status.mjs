// read-status.mjs FILE: print what @owf/token-status-list reads in a status list token (CWT form),
// as one JSON array with the value of every position. The signature is verify-cose.mjs's concern.

import { readFileSync } from "node:fs";
import { cborDecode, cborEncode, Cwt } from "@owf/cose";
import { StatusListCwtClaimKey, StatusListCwtPayload } from "@owf/token-status-list";

const OPTIONAL_CLAIMS = [4, StatusListCwtClaimKey.TimeToLive]; // 4 is exp

const { payload } = Cwt.fromToken(readFileSync(process.argv[2]));
const { statusList } = StatusListCwtPayload.decode(adapt(payload));
console.log(JSON.stringify(statusList.statusList));

// This release of the library takes a list only where the optional members exp, ttl and
// aggregation_uri are present, though possibly undefined. Those absent are added as undefined.
function adapt(bytes) {
  const claims = cborDecode(bytes);
  const list = claims.get(StatusListCwtClaimKey.StatusList);
  for (const label of OPTIONAL_CLAIMS) claims.set(label, claims.get(label));
  list.set("aggregation_uri", list.get("aggregation_uri"));
  return cborEncode(claims);
}
