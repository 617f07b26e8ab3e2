-- The agent's pattern functions give what Lua's own give: on the corners of the manual, and on
-- random patterns and subjects, errors included.

local function same(name, ...)
	local ours = table.pack(pcall(string[name], ...))
	local theirs = table.pack(pcall(stock[name], ...))
	-- positions of argument names in messages differ by nothing else
	local equal = ours.n == theirs.n
	for i = 1, ours.n do equal = equal and ours[i] == theirs[i] end
	if not equal then
		error(("%s(%s): ours %s, Lua's %s"):format(name,
			table.concat({ ("%q"):format(tostring((...))), ("%q"):format(tostring((select(2, ...)))) }, ", "),
			table.concat({ tostring(ours[1]), tostring(ours[2]), tostring(ours[3]) }, " "),
			table.concat({ tostring(theirs[1]), tostring(theirs[2]), tostring(theirs[3]) }, " ")))
	end
end

local function same_iteration(subject, pattern, init)
	local function collect(lib)
		local all = {}
		local ok, message = pcall(function()
			for a, b in lib.gmatch(subject, pattern, init) do
				all[#all + 1] = tostring(a) .. "/" .. tostring(b)
			end
		end)
		return table.concat(all, ";") .. tostring(ok) .. tostring(message)
	end
	assert(collect(string) == collect(stock), subject .. " by " .. pattern)
end

local corners = {
	{ "", "" }, { "abc", "" }, { "abc", "^" }, { "abc", "$" }, { "abc", "^$" }, { "a$b", "$b" },
	{ "a^b", "a^" }, { "hello world", "o w" }, { "hello", "l+" }, { "hello", "l-o" },
	{ "hello", "(l)(l)" }, { "hello", "()ll()" }, { "a.b", "%." }, { "a.b", ".", 1, true },
	{ "THE (quick) fox", "%((%a+)%)" }, { "x = [[a]]", "%b[]" }, { "((a)(b))", "%b()" },
	{ "THE END", "%f[%a]%a+" }, { "THE END", "%f[%z]" }, { "a\0b", "a%zb" }, { "a\0b", "\0" },
	{ "abab", "(ab)%1" }, { "abc", "[a-c]+" }, { "a-c", "[a%-c]+" }, { "]", "[]]" }, { "^", "[%^]" },
	{ "a]", "[^]]" }, { "-", "[a-]" }, { "b", "[a-%a]" }, { "äö", "[ä-ö]" }, { "abc", "(" },
	{ "abc", ")" }, { "abc", "%" }, { "abc", "[" }, { "abc", "[a" }, { "abc", "[^" }, { "abc", "[%" },
	{ "abc", "%b" }, { "abc", "%bx" }, { "abc", "%f" }, { "abc", "%fa" }, { "abc", "%1" },
	{ "abc", "(%1)" }, { "abc", "%0" }, { "abc", ("("):rep(33) }, { "aaa", "a?a?a?a" },
	{ "aaa", "a-$" }, { "x", ("x?"):rep(250) }, { "abc", "b", 2 }, { "abc", "b", -2 },
	{ "abc", "b", 10 }, { "abc", "", 4 }, { "abc", "", 5 }, { "abc", "b", -10 },
	{ "a,b,,c", "([^,]*)" }, { "key = value", "^(%w+)%s*=%s*(%w+)$" }, { "\255\1", "%c" },
	{ "aXb", "%u" }, { "aXb", "%U+" }, { "0x1F", "%x+" }, { "a b\tc\n", "%S+" }, { "abc", "a*+" },
}
for _, case in ipairs(corners) do
	same("find", table.unpack(case, 1, 4))
	same("match", table.unpack(case, 1, 3))
	same_iteration(case[1], case[2], case[3])
	same("gsub", case[1], case[2], "<%0>")
	same("gsub", case[1], case[2], "%1")
	same("gsub", case[1], case[2], "-", 2)
	same("gsub", case[1], case[2], { a = "A", b = false })
	same("gsub", case[1], case[2], function(text) return text == "b" and "BB" or nil end)
end
for _, replacement in ipairs { "%", "%x", "%2", "%%", 7, "", "%0%0" } do
	same("gsub", "abc", "b", replacement)
end
same("gsub", "abc", "b", true)
same("gsub", "abc", "b", function() return {} end)
same("gsub", "abc", "b", "x", 0)
same("gsub", "abc", "b", "x", -1)
same("gsub", "abc", "(b)()", "%2")
same("find", "abc", {})
same("find")
same("match", 12345, 34)
same("rep", "ab", 3)
same("rep", "ab", 3, ",")
same("rep", "", 3, ",")
same("rep", "", 1000)
same("rep", "x", -1)
same("rep", "x")
assert(("").rep("", 1 << 62) == "")

local pieces = { "a", "b", ".", "%a", "%d", "%s", "%w", "[ab]", "[^a]", "[a-c1]", "%b()", "%f[%w]", "(", ")",
	"()", "*", "+", "-", "?", "$", "^", "%1", "%2", "%.", "x" }
local letters = { "a", "b", "c", "1", " ", ".", "(", ")", "x", "\0" }
math.randomseed(20260101)
local function random_text(from, most)
	local text = {}
	for i = 1, math.random(0, most) do text[i] = from[math.random(#from)] end
	return table.concat(text)
end
for _ = 1, 20000 do
	local subject, pattern = random_text(letters, 12), random_text(pieces, 7)
	local init = math.random(-3, 6)
	same("find", subject, pattern, init)
	same("match", subject, pattern)
	same("gsub", subject, pattern, "[%0]")
	same_iteration(subject, pattern)
end
