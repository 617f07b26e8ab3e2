-- The table functions: what the manual says, __index and __newindex and __len included.

local function equal(t, ...)
	local wanted = { ... }
	assert(#t == #wanted, #t)
	for i = 1, #wanted do assert(t[i] == wanted[i], i) end
end

local function fails(words, f, ...)
	local ok, message = pcall(f, ...)
	assert(not ok and tostring(message):find(words, 1, true), tostring(message))
end

local t = { 1, 2, 3 }
table.insert(t, 4)
table.insert(t, 1, 0)
table.insert(t, 6, 5)
equal(t, 0, 1, 2, 3, 4, 5)
fails("position out of bounds", table.insert, t, 8, 0)
fails("position out of bounds", table.insert, t, 0, 0)
fails("wrong number of arguments", table.insert, t)
fails("table expected", table.insert, 1, 2)

assert(table.remove(t) == 5 and table.remove(t, 1) == 0 and table.remove(t, 2) == 2)
equal(t, 1, 3, 4)
assert(table.remove(t, #t + 1) == nil)
fails("position out of bounds", table.remove, t, 7)
assert(table.remove({}) == nil and table.remove({}, 0) == nil)

equal(table.move({ 1, 2, 3 }, 1, 3, 2), 1, 1, 2, 3)
equal(table.move({ 1, 2, 3 }, 2, 3, 1), 2, 3, 3)
equal(table.move({ 1, 2, 3 }, 1, 3, 1, {}), 1, 2, 3)
equal(table.move({ 1, 2, 3 }, 1, 0, 9), 1, 2, 3)
fails("too many elements", table.move, {}, -1, math.maxinteger, 2)
fails("wrap around", table.move, {}, 1, 3, math.maxinteger)

assert(table.concat {} == "" and table.concat({ 1, "b", 2.5 }, ", ") == "1, b, 2.5")
assert(table.concat({ 1, 2, 3 }, "-", 2) == "2-3" and table.concat({ 1, 2, 3 }, "-", 3, 2) == "")
fails("invalid value (at index 2)", table.concat, { 1, {}, 3 })

local list = { 5, 2, 8, 1 }
table.sort(list)
equal(list, 1, 2, 5, 8)
table.sort(list, function(a, b) return a > b end)
equal(list, 8, 5, 2, 1)
local words = { "b", "a", "c" }
table.sort(words)
equal(words, "a", "b", "c")
fails("attempt to compare", table.sort, { 1, "x" })
fails("function expected", table.sort, {}, 1)

-- metamethods
local seen = {}
local proxy = setmetatable({}, { __len = function() return 3 end,
	__index = function(_, i) return "v" .. i end,
	__newindex = function(_, i, v) seen[i] = v end })
assert(table.concat(proxy, ",") == "v1,v2,v3")
table.insert(proxy, 2, "new")
assert(seen[2] == "new" and seen[3] == "v2" and seen[4] == "v3")
assert(table.pack(table.unpack({ 1, 2, nil, 4 }, 1, 4)).n == 4)
