/** The whole program of the worker, which the build puts in front of page.mjs. */
declare function verifier(): void;
