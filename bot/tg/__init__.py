"""The Telegram shell: unwrap an update, ask the assistant, send. The only package that imports telegram."""
