"""The pipe between front and worker: frames, their bytes, and the two ends. Knows neither sockets nor llama.cpp."""
