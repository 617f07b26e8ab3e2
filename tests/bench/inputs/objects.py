"""python workload: documents as dicts, classes, strings and JSON; every object from malloc.

Run with PYTHONMALLOC=malloc, so that each of Python's small objects is a malloc of its own.
Usage: objects.py DOCUMENTS
"""

import json
import sys
import zlib


class Node:
    def __init__(self, key, parent):
        self.key = key
        self.parent = parent
        self.children = []
        self.tags = {"depth": 0 if parent is None else parent.tags["depth"] + 1}


def document(number):
    return {
        "id": number,
        "name": "document %d" % number,
        "words": ["w%d" % (number * k % 977) for k in range(1, 20)],
        "scores": {str(k): number / k for k in range(1, 12)},
        "nested": {"left": {"value": number}, "right": [number] * 5},
    }


def forest(size):
    nodes = [Node("root", None)]
    for number in range(1, size):
        parent = nodes[(number * 7919) % len(nodes)]
        node = Node("node-%d" % number, parent)
        parent.children.append(node)
        nodes.append(node)
    return sum(node.tags["depth"] for node in nodes)


def main():
    count = int(sys.argv[1])
    sums = 0
    kept = {}
    for number in range(count):
        text = json.dumps(document(number), sort_keys=True)
        sums = zlib.crc32(text.encode(), sums)
        kept[number % (count // 4 + 1)] = json.loads(text)
        if number % 3 == 0:
            line = ",".join(sorted(kept[number % (count // 4 + 1)]["words"]))
            sums = zlib.crc32(line.upper().replace("W", "word-").encode(), sums)
    sums += forest(count * 2)
    index = {}
    for value in kept.values():
        for word in value["words"]:
            index.setdefault(word, []).append(value["id"])
    sums += sum(len(ids) for ids in index.values())
    print("sum %016x" % sums)


main()
