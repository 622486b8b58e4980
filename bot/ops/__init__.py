"""What whoever runs the bot looks at: logs, health, counters, memory. Imports nothing heavy."""
