-- luacheck: the language is Lua 5.4. The agent gives its scripts two globals; assigning to a name in
-- ctl writes the allocator's setting.
std = "lua54"
max_line_length = 120
read_globals = { "heap" }
globals = { "ctl" }
-- These use the names of the tree as globals, wrong ones on purpose.
files["tests/bindings"] = { ignore = { "1.." } }
