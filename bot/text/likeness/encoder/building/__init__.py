"""What ``build.py`` is made of; needs the packages named at its top."""
