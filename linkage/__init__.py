"""The linkage room: the same person in several agencies' files, found without seeing a name."""
