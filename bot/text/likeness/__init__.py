"""How alike texts are, in numbers: vectors, n-grams, ridge regression, and what is kept of them on disk."""
