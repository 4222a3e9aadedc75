"""One file (or folder) per provider: how to ask it, how to read its answer; nothing else."""
