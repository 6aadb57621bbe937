"""Look for bytes that part our readers from the second one, led by coverage.

    python tests/fuzz.py decoder|contract|status FOLDER [options of libFuzzer]
    python tests/fuzz.py contract /tmp/contract -max_total_time=600

FOLDER holds what was found so far, and gets the vectors to begin with. What must be true of all
bytes stands in :mod:`oracles`; a fault stops the run and leaves its bytes in FOLDER, where the
next run begins with them. It needs atheris.
"""

import hashlib
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["consentsig"]):
    import oracles


def main() -> None:
    """Fuzz the target named on the command line."""
    target, folder, *options = sys.argv[1:]
    corpus = Path(folder)
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in oracles.seeds(target):
        (corpus / hashlib.sha256(seed).hexdigest()[:40]).write_bytes(seed)
    fixed = [f"-artifact_prefix={corpus}/", f"-max_len={oracles.MAX_SEED_LEN}"]
    atheris.Setup([sys.argv[0], *fixed, *options, str(corpus)], oracles.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
