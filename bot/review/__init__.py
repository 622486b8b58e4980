"""What needs the matcher to judge knowledge: deeper checks and evaluation."""
