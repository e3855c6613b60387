"""`python -m llamachat_daemon` is `llamachat-daemon`."""

from llamachat_daemon.cli import main

if __name__ == "__main__":
    main(prog_name="llamachat-daemon")
