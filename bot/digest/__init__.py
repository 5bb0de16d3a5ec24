"""Digests: made from releases and from nothing else."""
