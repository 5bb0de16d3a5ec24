"""How the outside world reaches the product."""
