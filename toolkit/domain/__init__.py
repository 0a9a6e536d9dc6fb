"""What the toolkit talks about: groups, the world as read, plans, decisions, events, errors.

Standard library only, no clock, no I/O.
"""
