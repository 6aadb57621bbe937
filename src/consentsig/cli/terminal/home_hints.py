"""What can be done about a fault of a home, in words and commands."""

from collections.abc import Iterable
from typing import Final

from consentsig.cli.terminal import output
from consentsig.home.database import Hint

_WORDS: Final = {
    Hint.CHECK: "see what can be done: consentsig home check",
    Hint.RESTORE_BACKUP: "consentsig --home NEW-FOLDER home restore BACKUP",
    Hint.RESTORE_FILES: "consentsig home check --restore-files DIR",
    Hint.IMPORT_KEY: "consentsig key import {what}",
    Hint.IMPORT_RECOVERY_KEY: (
        "without a backup, a recovery key can still take contracts back: consentsig --home "
        "NEW-FOLDER key import RECOVERY-KEY, then revoke and publish"
    ),
    Hint.PUBLISH_WITH_RECOVERY_KEY: (
        "without a backup, the recovery key can still take contracts back: consentsig publish "
        "--out DIR --recovery-key FILE"
    ),
    Hint.CHOOSE_NEW_LIST: "consentsig key set-list-uri https://YOUR.SITE/consent-list-2 --new",
}


def words(hints: Iterable[Hint], what: str = "") -> list[str]:
    """Each of *hints* as one line, about the file *what*."""
    return [_WORDS[hint].format(what=output.shell(what)) for hint in hints]
