"""Small things that both programs need: atomic files, safe text, reports of wrong settings. Imports nothing of ours."""
