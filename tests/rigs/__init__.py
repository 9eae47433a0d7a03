"""Real servers for tests: each is started in a temporary folder on a free port, and gone after `close()`."""
