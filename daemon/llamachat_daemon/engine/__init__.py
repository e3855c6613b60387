"""The worker: one model, run by llama.cpp, behind a pipe. Knows no sockets, no asyncio, no users."""
