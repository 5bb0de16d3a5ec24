"""The pages: one module each, with its rows of the table of routes, and one template each."""
