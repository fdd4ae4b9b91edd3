"""Danger now, to the writer or somebody near: medical, self-harm, violence."""
