"""Status lists as evidence: fetched, kept, asked, published (spec §7.5, §7.6)."""
