"""Workshops: who comes, what they are asked before and after, the pack for the table, and the page in the room."""
