"""Pictures and answers that are kept in files; and how far today's answers are from the bake's."""
