"""`python -m workshop`: the same commands, where the `workshop` script is not on the path."""

from workshop.cli import main

if __name__ == "__main__":
    main(prog_name="python -m workshop")
