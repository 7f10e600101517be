"""What outlives the process: files of SQLite, and the writing of what is counted to them."""
