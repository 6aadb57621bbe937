// The interface of consentsig.mjs, with its documentation. Names are those of the Python library, in
// camel case. Times are whole seconds since 1970; byte strings of a fixed length are lower-case hex.

/** A file in memory. It is copied before it is read. */
export type BytesLike = ArrayBuffer | ArrayBufferView;

// --- what a contract says (spec §3.2 to §3.6) ---

/** An Ed25519 public key, possibly not a sound one, which only verification finds out. */
export interface PublicKey {
  /** The 32 bytes of the key, as in a COSE_Key. */
  readonly x: string;
  /** Its identity: the COSE Key Thumbprint (RFC 9679). */
  readonly thumbprint: string;
  /** The first 8 bytes of the thumbprint: a hint, never an identity. */
  readonly kid: string;
  /** The key as `did:key:z6Mk...`. */
  toDidKey(): string;
}

export interface Creator {
  readonly key: PublicKey;
  /** What the signer calls itself; nobody has checked it. */
  readonly name: string | null;
  /** Thumbprint of a key kept apart that may revoke. */
  readonly recovery: string | null;
  /** Whom the signer signs for; nobody has checked it. */
  readonly actsFor: string | null;
}

/** The one work, by its exact bytes. */
export interface Work {
  /** It alone authorises. */
  readonly sha256: string;
  readonly title: string | null;
  readonly mediaType: string | null;
  readonly size: number | null;
  readonly sha384: string | null;
  readonly sha512: string | null;
  /** ISCC codes, which may block and never permit. */
  readonly iscc: readonly string[];
}

/** The one party permitted. It has a `uri`, a `key` or both. */
export interface Grantee {
  /** For people; it never matches. */
  readonly name: string;
  readonly uri: string | null;
  /** Thumbprint. */
  readonly key: string | null;
}

export type Use =
  | "pretrain" | "finetune" | "train-nongen" | "evaluate" | "ground" | "index" | "imitate" | "distill" | "synthesize"
  | "redistribute";

export type PaymentKind = "once" | "per-run" | "per-output" | "revenue-share" | "pool-revenue" | "pool-output";

/** How a pool is divided among the works in the training record of a model. */
export type Division = "equal" | "weight";

/** One thing that is due. */
export interface Payment {
  readonly kind: PaymentKind;
  /** `amount` / 10^`decimals` of the currency; for a share of revenue, basis points. */
  readonly amount: number;
  readonly decimals: number;
  /** Three letters; empty for a share of revenue. */
  readonly currency: string;
  /** Of a pool; null for what is no pool. */
  readonly division: Division | null;
}

/** Whether the creator can take the contract back. */
export interface Revocation {
  /** 0 not before the end, 1 at will, 2 for breach. */
  readonly mode: 0 | 1 | 2;
  /** Within which running uses must stop; 0 with mode 0. */
  readonly days: number;
}

/** What must go after the end or a revocation. */
export interface Erasure {
  readonly days: number;
  /** Bits: 1 copies, 2 indexes, 4 checkpoints retired, 8 checkpoints retrained. */
  readonly what: number;
}

/** Where revocation is looked up: position `idx` of the list called `uri`. */
export interface StatusReference {
  readonly uri: string;
  readonly idx: number;
}

/** All a contract says. */
export interface Terms {
  readonly creator: Creator;
  readonly work: Work;
  /** When it was signed, by the signer's clock (`iat`). */
  readonly issued: number;
  /** First instant at which it no longer holds (`exp`). */
  readonly expires: number;
  readonly grantee: Grantee;
  /** Exactly the uses permitted. */
  readonly uses: readonly Use[];
  /** All of these are due; empty says that no payment is due. */
  readonly payments: readonly Payment[];
  readonly revocation: Revocation;
  /** Country codes, or `["001"]` for the whole world. */
  readonly territory: readonly string[];
  readonly erasure: Erasure | null;
  readonly exclusive: boolean;
  readonly passOn: boolean;
  readonly purpose: string | null;
  readonly credit: string | null;
  readonly reportMonths: number | null;
  /** Thumbprint of the key whose status list decides, if not the creator's. */
  readonly listKey: string | null;
  /** The start, only where later than `issued` (`nbf`). */
  readonly notBefore: number | null;
  /** Null exactly when the contract cannot be revoked. */
  readonly status: StatusReference | null;
  readonly salt: string | null;
  /** First instant at which the contract holds. */
  readonly starts: number;
  readonly isWorldwide: boolean;
}

// --- parsed: to look at ---

/** The parts of an envelope: of a contract signed alone, or of the head of its batch. */
export interface Sign1 {
  readonly kid: string;
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  /** The bytes that were signed (RFC 9052 §4.4). */
  readonly sigStructure: Uint8Array<ArrayBuffer>;
}

/** The place of a contract in its batch, and the head of that batch (spec §12). */
export interface Place {
  /** The number of contracts that were signed together: the signer's word, which only the whole batch shows. */
  readonly size: number;
  /** The hash over all of them. */
  readonly root: string;
  /** Counted from 0. */
  readonly index: number;
  /** The hashes that lead from the contract to the root, the lowest first. */
  readonly path: readonly string[];
}

/** A contract as parsed: well made, its signature not checked. What it permits is for verifyContract to say. */
export interface UnverifiedContract {
  readonly terms: Terms;
  readonly sign1: Sign1;
  /** The bytes that say it. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the payload. */
  readonly contractId: string;
  /** Null for a contract that was signed alone. */
  readonly place: Place | null;
}

/**
 * A contract to look at (spec §5 steps 1 and 2). Nothing is said about its signature.
 * Rejected with a RefusedError: `malformed` or `unsupported`.
 */
export function parseContract(data: BytesLike): Promise<UnverifiedContract>;

/**
 * A batch file, opened: well made, and its contracts are those under the root that its head states. Whether the head is
 * signed, and what each contract permits, is for verifyContract to say of each. Made by openBatch only.
 */
export class Batch {
  private constructor();
  /** The number of contracts. */
  readonly size: number;
  /** The hash over all of them. */
  readonly root: string;
  /** The contract at a place from 0 to `size` - 1, as the file that it is by itself. */
  contract(index: number): Uint8Array<ArrayBuffer>;
  /** The places of the contracts that name a work with this SHA-256. It helps to find them and says nothing about them. */
  find(sha256: string): number[];
}

/**
 * The batch in a batch file (spec §12.4).
 * Rejected with a RefusedError: `malformed`, `unsupported` or `bad-signature`.
 */
export function openBatch(data: BytesLike): Promise<Batch>;

/** The text that the creator read, byte for byte: template en-1 (spec §3.8). */
export function render(terms: Terms): string;

/** What a status list says (spec §7.1). */
export interface ListTerms {
  /** Its address (`sub`), an identifier. */
  readonly uri: string;
  /** The key that signs it. */
  readonly signer: PublicKey;
  /** `iat`. */
  readonly issued: number;
  /** `exp`; at most 366 days after `issued`. */
  readonly expires: number;
  /** Bits of each position. */
  readonly bits: 1 | 2 | 4 | 8;
  /** Seconds after which to look again. */
  readonly ttl: number | null;
  /** Object id of the list before this one. */
  readonly previous: string | null;
  /** The number of positions. */
  readonly size: number;
  /** The value at position `idx`; null beyond the list. */
  valueAt(idx: number): number | null;
}

/** A list as parsed: well made, its signature not checked. It is evidence of nothing. */
export interface UnverifiedStatusList {
  readonly terms: ListTerms;
  readonly sign1: Sign1;
  /** SHA-256 of the payload. */
  readonly objectId: string;
}

/**
 * A status list to look at (spec §7.1). Nothing is said about its signature.
 * Rejected with a RefusedError: `malformed` or `unsupported`.
 */
export function parseStatusList(data: BytesLike): Promise<UnverifiedStatusList>;

/**
 * The address and the signer that a list states, before it is inflated. Neither is verified: it is for passing over
 * lists that cannot matter (see whyNotAcceptable). Rejected with a RefusedError: `malformed` or `unsupported`.
 */
export function outline(data: BytesLike): Promise<{ readonly uri: string; readonly signer: PublicKey }>;

/** Why a list says nothing about a contract with these terms (spec §7.2); null if it is acceptable. */
export function whyNotAcceptable(terms: Terms, list: { readonly uri: string; readonly signer: PublicKey }): string | null;

// --- verified: to ask ---

/** A list whose signature is good under the key it carries, whoever's that is. Made by verifyStatusList only. */
export class StatusList {
  private constructor();
  readonly terms: ListTerms;
  /** SHA-256 of the payload. */
  readonly objectId: string;
  /** The file, to keep as evidence; a copy. */
  get data(): Uint8Array<ArrayBuffer>;
}

/**
 * The list by itself, its signature good under the key it carries (spec §7.1). Whose key that is, and how old the list
 * is, matters only to the contract that it is shown for.
 * Rejected with a RefusedError: `malformed`, `unsupported` or `bad-signature`.
 */
export function verifyStatusList(data: BytesLike): Promise<StatusList>;

/** Written out for work, grantee, use or territory: its step is skipped, and the best result is `authentic`. */
export const NOT_ASKED: null;

/** What was measured of a work's exact bytes. */
export interface Digest {
  sha256: string;
  size?: number;
  sha384?: string;
  sha512?: string;
}

/** Everything there is to measure of a work. */
export function digestWork(work: BytesLike): Promise<Required<Digest>>;

/** A part of the question that may be NOT_ASKED. */
export type Part = "work" | "grantee" | "use" | "territory";

/** The question (spec §5). To leave a part of it out, write NOT_ASKED; what is just missing is a TypeError. */
export interface Question {
  /**
   * The keys the caller believes: each a did:key, a thumbprint (64 lower-case hexadecimal digits) or 32 bytes, or such a
   * key with the SHA-256 of the works it is believed for.
   */
  keys: readonly (string | Uint8Array | { key: string | Uint8Array; works: readonly string[] })[];
  work: Digest | null;
  /** Who wants to use the work: an address, a thumbprint, or both. */
  grantee: { uri?: string; key?: string } | null;
  use: Use | null;
  /** Two letters, "001" for the whole world, or "none" for no place in particular. */
  territory: string | null;
  /** The instant: a Date, whole seconds, or YYYY-MM-DDTHH:MM:SSZ. */
  at: Date | string | number;
  /**
   * The lists at hand and all seen before. An async iterable may make each list when it is asked for, so that only one
   * at a time is in memory.
   */
  status: Iterable<StatusList> | AsyncIterable<StatusList>;
  /** Greatest age in seconds of the list that decides. */
  maxStatusAge?: number | null;
  /** Where given, an instant more than 300 s later than it cannot be asked about. */
  now?: Date | string | number | null;
  /**
   * For a question about the past: since when lists can be shown to have existed, by object id (spec §7.4 rule 4).
   * Those left out cannot; where nothing is given, nothing is asked about that.
   */
  seen?: ReadonlyMap<string, Date | string | number> | null;
}

/** What the contract asks for and no software can check. Only what it asks for is there. */
export interface Conditions {
  readonly purpose?: string;
  readonly payments?: readonly Payment[];
  readonly credit?: string;
  readonly reportMonths?: number;
  readonly erasure?: Erasure;
  readonly stopWithinDays?: number;
  readonly exclusive?: true;
  readonly passOn?: true;
}

/** A contract that passed every step that was asked. Made by verifyContract only. */
export class VerifiedContract {
  private constructor();
  readonly terms: Terms;
  /** Only `valid` is a yes; `authentic` where something was not asked. */
  readonly result: "valid" | "authentic";
  /** Issue time of the status list that decided; null if the contract cannot be revoked. */
  readonly asOf: number | null;
  readonly notAsked: readonly Part[];
  /** SHA-256 of the payload. */
  readonly contractId: string;
  /** Null for a contract that was signed alone. */
  readonly place: Place | null;
  readonly conditions: Conditions;
  /** The bytes that say it; a copy. */
  get payload(): Uint8Array<ArrayBuffer>;
}

/**
 * The contract in `data` if every step of spec §5 passes.
 * Rejected with a RefusedError (the first failed step says why), or with a TypeError or RangeError if the question
 * cannot be asked.
 */
export function verifyContract(data: BytesLike, question: Question): Promise<VerifiedContract>;

/** A code of spec §6 that is a no. */
export type RefusalCode =
  | "malformed" | "unsupported" | "bad-signature" | "incomplete" | "unknown-creator" | "key-revoked" | "disputed"
  | "wrong-work" | "wrong-grantee" | "use-not-granted" | "wrong-territory" | "not-yet-valid" | "expired" | "revoked"
  | "suspended" | "status-unknown" | "status-disputed" | "not-accepted" | "no-timestamp" | "no-receipt";

/** A code of spec §6. */
export type ResultCode = "valid" | "authentic" | RefusalCode;

/** A no, with its code (spec §6) and the step (spec §5) that failed. */
export class RefusedError extends Error {
  constructor(code: RefusalCode, step: number, message: string, since?: number | null,
    disputed?: { readonly against: RefusalCode; readonly asOf: number } | null);
  readonly code: RefusalCode;
  readonly step: number;
  /** With `revoked`, and with `status-disputed` against it, the issue time of the earliest list at hand that says so. */
  readonly since: number | null;
  /** With `status-disputed`: what all lists say, and the issue time of the list by which the contract held. */
  readonly disputed: { readonly against: RefusalCode; readonly asOf: number } | null;
}

/** The answer as one row. Only `result === "valid"` is a yes. */
export interface Verdict {
  readonly result: ResultCode;
  readonly step: number | null;
  readonly message: string;
  /** The contract if it holds. */
  readonly contract: VerifiedContract | null;
  /** What was thrown if not. */
  readonly error: RefusedError | null;
  /** Where the file could be read as a contract. */
  readonly contractId: string | null;
  readonly asOf: number | null;
  readonly notAsked: readonly Part[];
}

/**
 * Asks verifyContract and gives the answer as one row, for bulk work.
 * Rejected with a TypeError or RangeError if the question cannot be asked.
 */
export function judgeContract(data: BytesLike, question: Question): Promise<Verdict>;

// --- keys and lines ---

/** The 32 bytes of a `did:key:z6Mk...`, or null. */
export function fromDidKey(did: string): Uint8Array<ArrayBuffer> | null;

/** The `did:key` of 32 bytes. */
export function toDidKey(x: Uint8Array): string;

/** The thumbprint of a key (32 bytes, or a did:key): its identity (RFC 9679). */
export function thumbprint(key: Uint8Array | string): Promise<string>;

/** The bytes of a file as its one line, without an end of line (spec §3.10). Whether they are a contract is not checked. */
export function toLine(bytes: Uint8Array): string;

/** The bytes of the file of which `line` is the one line; null if there is no such file, which is `malformed` at step 1. */
export function fromLine(line: string): Uint8Array<ArrayBuffer> | null;
