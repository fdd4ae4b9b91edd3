"""The checks behind problems: one kind each."""
