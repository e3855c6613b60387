"""`python -m llamachat`."""

from llamachat.cli import main

if __name__ == "__main__":
    main(prog_name="llamachat")
