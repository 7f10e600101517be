"""What system tests share: a running stack, single processes, a browser."""
