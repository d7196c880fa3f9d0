"""The vault service over HTTP: ciphertext and signed forms, the log in the open; no page, no key, no plaintext."""
