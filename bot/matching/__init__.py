"""Pure: an utterance in, a decision with confidences out."""
