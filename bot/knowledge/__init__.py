"""Staff-edited YAML in, a knowledge base or a list of problems with their places out."""
