"""Lease and journal in a folder of this machine."""
