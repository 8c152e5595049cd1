"""``python -m skysieve`` is the command line."""

from skysieve.cli import main

if __name__ == "__main__":
    main()
