"""The machine that this runs on: its addresses and routes, brought in line with what AWS says that it holds."""
