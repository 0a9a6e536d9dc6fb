"""``make demo``: a server dies, its addresses move, and a client tells how long it was cut off."""
