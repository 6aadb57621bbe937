"""The page and the verifier in JavaScript, and one file made of both."""
