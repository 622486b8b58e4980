"""The running process: the port first, then what answers; stopped in order."""
