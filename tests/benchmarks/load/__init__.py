"""The running bot under load and faults: see ``__main__``."""
