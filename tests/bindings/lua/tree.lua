-- The control tree as tables, on fake_ctl.

local function fails(words, f, ...)
	local ok, message = pcall(f, ...)
	assert(not ok and tostring(message):find(words, 1, true), tostring(message))
end

-- reading
assert(ctl.stats.allocated == 12345678 and stats.allocated == 12345678)
assert(version == "fake 1.0" and background_thread == false)
assert(arena[0].dirty_decay_ms == 10000 and arena[2.0].dss == "disabled")
assert(stats.arenas[1].nmalloc == 200 and stats.arenas.all.pdirty == 409700)
assert(ctl["stats.arenas.2.pdirty"] == 300)
assert(math.type(stats.huge) == "float" and stats.huge == 2.0 ^ 64)
assert(arena[0].extent_hooks:find("^0x"))
assert(tostring(ctl) == "ctl" and tostring(stats.arenas) == "ctl.stats.arenas")
assert(getmetatable(ctl) == false)

-- wrong names
fails('there is no name "stats.allocatee"; the nearest is "stats.allocated"', function() return stats.allocatee end)
fails("unknown name", function() return ctl.nope end)
fails('there is no name "arena.3"', function() return arena[3] end)
fails('there is no name "arena.-1"', function() return arena[-1] end)
fails("no names of that kind", function() return stats[{}] end)
fails("is not there in this process", function() return prof.active end)

-- listing
local names = {}
for name, value in pairs(stats) do names[#names + 1] = name .. "=" .. type(value) end
assert(table.concat(names, " ") == "allocated=number arenas=userdata huge=number resident=number")
local numbers = {}
for i, node in pairs(arena) do numbers[#numbers + 1] = i .. tostring(node) end
assert(table.concat(numbers, " ") == "0ctl.arena.0 1ctl.arena.1 2ctl.arena.2")
assert(#arena == 3 and #stats == 4)
for name, value in pairs(prof) do assert(name == "active" and value == nil) end

-- an observer writes nothing
local before = arena[0].dirty_decay_ms
fails("needs --role operator", function() arena[0].dirty_decay_ms = 1 end)
fails("needs --role operator", arena[0].purge)
fails("needs --role operator", heap.create_arena)
assert(arena[0].dirty_decay_ms == before and fake("npurged") == 0 and #arena == 3)
-- read-only is said before the role
fails("stats.allocated is read-only", function() stats.allocated = 1 end)

role "operator"
arena[0].dirty_decay_ms = 500
assert(arena[0].dirty_decay_ms == 500)
arena[0].dirty_decay_ms = -1.0
assert(arena[0].dirty_decay_ms == -1)
background_thread = true
assert(ctl.background_thread == true)
background_thread = false
arena[0].purge()
arena.all.purge()
assert(fake("npurged") == 2)

-- wrong values
fails("wants a whole number, not a string", function() arena[0].dirty_decay_ms = "500" end)
fails("wants a whole number", function() arena[0].dirty_decay_ms = 0.5 end)
fails("does not take this value", function() arena[0].dirty_decay_ms = -7 end)
fails("wants true or false, not a number", function() background_thread = 1 end)
fails("wants a string", function() arena[0].dss = 1 end)
fails("does not take this value", function() arena[0].dss = "sideways" end)
fails("only a C program", function() arena[0].extent_hooks = 0 end)
fails("is called, not assigned", function() arena[0].purge = 1 end)
fails("no value", function() ctl.stats.arenas = 1 end)
fails("takes no argument", arena[0].purge, 1)
fails("wants a whole number from 0", function() tcache.flush(-1) end)
fails("wants a whole number from 0", function() tcache.flush(1 << 40) end)

-- what could take memory from the service works on what was made here
fails("only on what this session made", arena[0].destroy)
fails("only on what this session made", tcache.flush, 0)
local made = heap.create_arena()
assert(made == 3 and #arena == 4)
arena[made].destroy()
assert(fake("ndestroyed") == 1)
fails("only on what this session made", arena[made].destroy)

-- the journal
local changes = {}
for _, change in ipairs(heap.changes()) do changes[change.name] = change.old .. ">" .. change.new end
assert(changes["arena.0.dirty_decay_ms"] == "10000>-1")
assert(changes["background_thread"] == "false>false")
assert(changes["arenas.create -> 3"] == ">")

-- statistics refresh by themselves, and not at every read
heap.refresh()
local n = fake "nrefreshed"
for _ = 1, 1000 do local _ = stats.allocated end
assert(fake "nrefreshed" - n <= 2)
heap.sleep(0.12)
local _ = stats.allocated
assert(fake "nrefreshed" > n)
-- what is not from the snapshot refreshes nothing
heap.sleep(0.12)
n = fake "nrefreshed"
_ = arena[0].dirty_decay_ms
assert(fake "nrefreshed" == n)

-- heap
assert(heap.bytes(0) == "0 B" and heap.bytes(1023) == "1023 B" and heap.bytes(1024) == "1.0 KiB")
assert(heap.bytes(11.8 * 2 ^ 20) == "11.8 MiB" and heap.bytes(2 ^ 20 - 1) == "1.0 MiB")
assert(heap.bytes(-2048) == "-2.0 KiB" and heap.bytes(2.0 ^ 63) == "8.0 EiB")
assert(heap.describe("stats.allocated").unit == "bytes" and heap.describe("arena.<arena>.purge").access == "action")
local nothing, why = heap.describe("stats.allocatee")
assert(nothing == nil and why:find("nearest"))
assert(table.concat(heap.children("stats"), " ") == "allocated arenas huge resident")
assert(table.concat(heap.children("arena"), " ") == "0 1 2 3")
fails("there is no name", heap.children, "stats.allocated.x")
assert(heap.role() == "operator" and heap.format() == "text")
assert(heap.stats_print("J"):find("^___ Begin fake statistics ___\nJ\n"))
local snapshot = heap.snapshot("stats")
assert(snapshot.allocated == 12345678 and snapshot.arenas[1].nmalloc == 200)
assert(heap.snapshot().thread == nil and heap.snapshot("thread").allocated)
assert(heap.snapshot().stats.arenas[2].pdirty and heap.snapshot().version)

-- several names in one go, from the top; each of a kind; one value
local t = heap.snapshot("stats.allocated", "arena[0]", "ctl.stats.arenas[1]")
assert(t.stats.allocated == 12345678 and t.arena[0].dss and t.stats.arenas[1].nmalloc == 200)
assert(t.stats.resident == nil and t.stats.arenas[0] == nil and t.arena[1] == nil)
t = heap.snapshot("stats.arenas.<arena>")
assert(t[0].nmalloc == 100 and t[2].nmalloc == 300 and #t == #arena - 1)
assert(heap.snapshot("stats.allocated") == 12345678 and heap.snapshot("version"))
assert(heap.snapshot("prof.active") == nil) -- not in this process
assert(math.type(heap.snapshot("stats.huge")) == "float")

-- parts of the tree are names as well
assert(heap.snapshot(stats).allocated == 12345678 and heap.snapshot(stats.arenas)[1].nmalloc == 200)
assert(heap.snapshot(stats.arenas[1], arena[0].purge).stats.arenas[1].nmalloc == 200)
assert(heap.snapshot(ctl).version and #heap.names(stats.arenas) == #heap.names("stats.arenas"))
assert(#heap.children(stats) == 4 and heap.describe(arena[0].purge).access == "action")

-- how old it may be, and how old it is
heap.refresh()
n = fake "nrefreshed"
local _, about = heap.snapshot("stats", { max_age = 3600 })
assert(fake "nrefreshed" == n and about.epoch == n)
assert(about.age >= 0 and about.age < 60 and math.abs(heap.clock() - about.taken - about.age) < 1)
_, about = heap.snapshot("stats", { max_age = 0 })
assert(fake "nrefreshed" == n + 1 and about.epoch == n + 1)
fails("max_age wants seconds", heap.snapshot, "stats", { max_age = -1 })
fails("max_age wants seconds", heap.snapshot, "stats", { max_age = "old" })
fails("max_age wants seconds", heap.snapshot, "stats", { max_age = "1" })
fails("no option 'maxage'; there is max_age", heap.snapshot, "stats", { maxage = 1 })
fails("no option '1'; there is max_age", heap.snapshot, "stats", { 1 })
fails('there is no name "stats.alocated', heap.snapshot, "stats.allocated", "stats.alocated")
fails('there is no name "stats.alocated', heap.snapshot, "stats.arenas.<arena>", "stats.alocated")
fails("is no name", heap.snapshot, "stats!")
fails('name such as "stats.active" expected, got boolean', heap.snapshot, "stats", true)
fails("expected, got number", heap.snapshot, stats.allocated)
fails("is no name", heap.snapshot, "stats<arena>\0")
fails("seconds", heap.sleep, -1)
fails("invalid option", heap.finding, "bad", "text")

-- walking
local walked, count = {}, 0
for name, value, row in heap.walk() do
	assert(walked[name] == nil and value ~= nil and row.help ~= "")
	walked[name] = value
	count = count + 1
end
assert(walked["stats.arenas.2.nmalloc"] == 300 and walked["version"] == "fake 1.0")
assert(walked["arena.0.purge"] == nil and walked["arenas.create"] == nil and walked["thread.allocated"] == nil)
assert(walked["prof.active"] == nil)
assert(count == #heap.names())
assert(#heap.names("stats.arenas") == 8 and #heap.names("stats.arenas[1]") == 2)
assert(heap.names("stats.allocated")[1] == "stats.allocated" and #heap.names("thread") == 1)
fails("unknown name", heap.walk, "nope")
fails("no name", heap.walk, "a b")

local process = heap.process()
assert(process.pid > 1 and process.resident > 0 and process.threads >= 1)
assert(process.maps.agent.resident > 0 and process.maps.stack.resident > 0)
local sum = 0
for _, kind in pairs(process.maps) do sum = sum + kind.resident end
assert(math.abs(sum - heap.process { maps = false }.resident) < 0.1 * sum)
assert(heap.process { maps = false }.maps == nil)
