"""Pure: a decision and the conversation so far in, a reply out. The referral is added here, in one place."""
