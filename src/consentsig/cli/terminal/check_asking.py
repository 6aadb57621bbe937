"""One question of ``check``, asked of part after part of the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from consentsig.cli.terminal import arguments, check_rows
from consentsig.evidence import NotRememberedError, Verifier, verify_many

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from consentsig import Grantee, KeySet, StatusList, Use
    from consentsig.cli.terminal.check_rows import Finding
    from consentsig.cli.terminal.contract_sources import Source
    from consentsig.cli.terminal.works_at_hand import WorksAtHand
    from consentsig.evidence import Answer, FetchError, FetchPolicy
    from consentsig.home.home import Home


class Asked(NamedTuple):
    """What is asked, and by what it is decided, but for the lists in the home folder.

    Attributes:
        keys: The keys that are believed.
        names: What their holders are called, by thumbprint.
        works: The works at hand.
        grantee: Who wants to use them.
        use: For what.
        territory: Where.
        at: The instant asked about; None for now.
        lists: Lists beside those of the home folder.
        fetch: How lists are fetched; None fetches nothing.
        max_age: The greatest age of a list that decides.
    """

    keys: KeySet
    names: dict[bytes, str]
    works: WorksAtHand
    grantee: Grantee
    use: Use
    territory: str | None
    at: datetime | None
    lists: list[StatusList]
    fetch: FetchPolicy | None
    max_age: timedelta | None


class Found(NamedTuple):
    """What was found of a part.

    Attributes:
        findings: One for each contract, in their order.
        not_remembered: Why the lists that were used could not be kept, if so.
    """

    findings: list[Finding]
    not_remembered: str | None = None


class Asking:
    """Asks in this process, with the lists in *home*."""

    def __init__(self, asked: Asked, home: Home) -> None:
        self._asked = asked
        self._verifier = Verifier(
            *(asked.keys, home.lists),
            fetch=asked.fetch,
            max_status_age=asked.max_age,
            clock=arguments.now,
        )
        self._unreachable: dict[str, FetchError] = {}

    def ask(self, part: list[Source]) -> Found:
        """What is found of *part*."""
        asked = self._asked
        answers: list[Answer] = []
        problem = None
        try:
            for answer in verify_many(
                *([source.data for source in part if not source.problem], self._verifier),
                works=asked.works.digest_of,
                grantee=asked.grantee,
                use=asked.use,
                territory=asked.territory,
                at=asked.at,
                lists=asked.lists,
                unreachable=self._unreachable,
            ):
                answers.append(answer)  # noqa: PERF402  # those before an error count
        except NotRememberedError as error:  # after all answers
            problem = error.reason
        rest = iter(answers)
        findings = [
            check_rows.not_asked(source)
            if source.problem
            else check_rows.found(source, next(rest), asked.names)
            for source in part
        ]
        return Found(findings, problem)
