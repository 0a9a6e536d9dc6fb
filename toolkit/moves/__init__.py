"""Kinds of addresses, one file each; a new kind is a file here and a line in ``registry``."""
