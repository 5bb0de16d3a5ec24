"""Posters and cards that invite people to text: with codes to scan, in the languages that we speak."""
