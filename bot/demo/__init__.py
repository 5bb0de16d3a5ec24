"""The demo: the real product on this computer alone, with phones, a post room and stand-in providers."""
