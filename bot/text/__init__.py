"""Pure text work shared by triage and matching: normalise, repair words, split sentences."""
