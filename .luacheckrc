-- luacheck: the language is Lua 5.4, and the agent gives its scripts these globals.
std = "lua54"
max_line_length = 100
read_globals = { "ctl", "heap" }
