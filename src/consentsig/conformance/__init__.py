"""Whether another verifier gives the right answer to every test vector."""
