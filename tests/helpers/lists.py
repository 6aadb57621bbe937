"""What lists say, in the words of tests."""

from consentsig import ListTerms
from consentsig.status_list import positions_of, revoked_bits


def revoked_in(terms: ListTerms) -> set[int]:
    """The positions that *terms* says are revoked."""
    return set(positions_of(revoked_bits(terms)))
