"""The clinic's own details, put into words."""
