"""The preview: a chat, why it answers so, and all answers, for the clinic's people in a browser.

``site`` and ``door`` load nothing heavy; ``show`` comes with the engine.
"""
