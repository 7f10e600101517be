"""How a new variant of a split comes to answer everything: step by step, or not at all."""
