"""What was asked, by whom, and of which model: counted, kept in a file, and told."""
