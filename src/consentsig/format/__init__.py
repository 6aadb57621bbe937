"""What objects are made of: CBOR, COSE, texts, fields; the contract's reader (spec §2, §3)."""
