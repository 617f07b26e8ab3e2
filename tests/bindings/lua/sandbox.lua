-- What a script sees, and what it does not.

local function fails(words, f, ...)
	local ok, message = pcall(f, ...)
	assert(not ok and tostring(message):find(words, 1, true), tostring(message))
end

for _, name in ipairs { "dofile", "loadfile", "debug", "package", "warn", "collect" } do
	assert(rawget(_G, name) == nil, name)
end
local function names(t)
	local list = {}
	for name in pairs(t) do list[#list + 1] = name end
	table.sort(list)
	return table.concat(list, " ")
end
assert(names(os) == "clock date time")
assert(names(io) == "write")
assert(string.dump == nil)

fails("finalizers", setmetatable, {}, { __gc = print })
fails("protected metatable", setmetatable, setmetatable({}, { __metatable = 1 }), {})
assert(getmetatable(setmetatable({}, { __metatable = "x" })) == "x")

-- load takes text, whatever is asked for
assert(load("return 1 + 1")() == 2)
assert(load("return x", "chunk", "b", { x = 7 })() == 7)
local chunk, message = load("\27Lua")
assert(chunk == nil and message:find("binary"))
local pieces = { "return ", "1", nil }
local at = 0
assert(load(function() at = at + 1 return pieces[at] end)() == 1)
assert(load("error('x', 0)", "=name") and select(2, load("a b", "=name")):find("^name:1:"))

-- xpcall: results, handlers, yields
assert(select("#", xpcall(function(...) return ... end, print, 1, nil, 3)) == 4)
assert(select(2, xpcall(error, function(m) return "<" .. m .. ">" end, "x")) == "<x>")
assert(select(2, xpcall(error, function() error("again") end, "x")) ~= nil)
local co = coroutine.wrap(function() return xpcall(function() return coroutine.yield(1) + 1 end, print) end)
assert(co() == 1)
local ok, value = co(41)
assert(ok == true and value == 42)
fails("function expected", xpcall, print)

-- globals: unknown names raise, own ones do not
fails("unknown name 'nothing_of_the_kind'", function() return nothing_of_the_kind end)
own = 1
assert(own == 1)
own = nil
fails("unknown name 'own'", function() return own end)
fails("no value: assign to a name below it", function() stats = 1 end)
fails("read-only", function() version = "2" end)
assert(getmetatable(_G) == false)

assert(os.date(0) == "1970-01-01T00:00:00Z" and os.date(951782400) == "2000-02-29T00:00:00Z")
assert(os.date(1709210096) == "2024-02-29T12:34:56Z" and os.date(4102444799) == "2099-12-31T23:59:59Z")
assert(os.date(253402300799) == "9999-12-31T23:59:59Z")
fails("seconds since 1970", os.date, -1)
assert(math.abs(os.time() - heap.clock()) > 0 and os.clock() > 0)
assert(collectgarbage("count") > 0 and collectgarbage() == 0)
fails("invalid option", collectgarbage, "stop")
assert(("x"):rep(3) == "xxx" and ("%5.1f"):format(2.25) == "  2.2")
fails("was not sent", require, "os")
