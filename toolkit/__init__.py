"""Keeps a fixed address in front of servers on EC2, and proves it."""
