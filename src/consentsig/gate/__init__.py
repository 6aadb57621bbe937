"""The gate: which works of a whole data set may be used, by the contracts a builder holds.

    contracts ─build_ledger─▶ ledger     steps 1 to 3 of spec §5, once
    ledger, question ─Decider─▶ answers  steps 4 to 13, for each row of a data set

It needs the extra ``gate`` (DuckDB and pyarrow), which is loaded when something is asked.
"""

from consentsig.gate.engine import GateError, check_installed
from consentsig.gate.ledger import build_ledger, open_ledger
from consentsig.gate.readers import Columns, open_data_set
from consentsig.gate.run import run_gate
from consentsig.gate.tables import Decider

__all__ = [
    "Columns",
    "Decider",
    "GateError",
    "build_ledger",
    "check_installed",
    "open_data_set",
    "open_ledger",
    "run_gate",
]
