"""The conversation. Pure: what is said next depends on the state and on what came in, and on nothing else."""
