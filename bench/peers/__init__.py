"""The other servers of the comparison, each with what it installs (.txt) and what it runs (.py)."""
