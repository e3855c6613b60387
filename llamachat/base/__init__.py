"""Small things that both programs need: atomic files, safe text, TOML with its lines, reports of wrong settings, tasks.

Imports nothing else of ours.
"""
