"""What outlives a message: the store protocol and its implementations."""
