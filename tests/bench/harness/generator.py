"""What all generated inputs stand on: a generator of numbers of our own, because that of Python's
library may change, and files that are made once."""

import os


class Generator:
    """A linear congruential generator; the low bits are dropped."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % limit


def write_once(path, make):
    """Has `make` write the file, unless it is there."""
    if not path.exists():
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as file:
            make(file)
        os.rename(part, path)
