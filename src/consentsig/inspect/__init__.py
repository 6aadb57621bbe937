"""Any file of ours, byte by byte, for people: what each part is called and says."""
