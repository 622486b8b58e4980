"""What several tests share: a small knowledge folder and a Bot API of the tests' own."""
