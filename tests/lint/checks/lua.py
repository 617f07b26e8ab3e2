"""luacheck has nothing to say about the Lua scripts (.luacheckrc names the agent's globals)."""

from lintlib import Finding, NotThere, run


def check(tree):
    files = tree.files(".lua")
    if not files:
        raise NotThere("a Lua file")
    status, text = run(["luacheck", "--formatter", "plain", "--codes", *map(tree.name, files)],
                       cwd=tree.root)
    for line in text.splitlines() if status != 0 else []:
        parts = line.split(":", 3)
        if len(parts) == 4:
            yield Finding(":".join(parts[:2]), parts[3].strip(), "mend it")
