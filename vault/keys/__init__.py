"""Keys of the half-holding agencies: in a keystore file or a PKCS#11 token, and the root that can bring them back."""
