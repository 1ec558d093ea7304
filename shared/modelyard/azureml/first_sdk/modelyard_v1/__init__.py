"""The program in SDK v1's environment. It imports nothing of modelyard, which isn't there.

It speaks with whoever started it over its standard input and output: see ``conversation``.
"""
