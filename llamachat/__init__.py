"""llamachat: chat in the terminal with the models on your own machines."""

__version__ = "0.1.0"
