"""The one exception whose text is meant for the person who typed the command."""


class BenchError(Exception):
    pass
