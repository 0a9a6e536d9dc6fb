"""``failover watch``: looks at groups without end, and moves one when the rules allow it."""
