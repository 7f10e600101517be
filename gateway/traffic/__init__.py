"""How each variant of a split, and each mirror, answers: counted, kept in a file, and told."""
