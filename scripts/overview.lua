-- overview - where does my memory go: from what the program asked for to the RSS of the process
--
-- When: the first thing to ask of a process that is larger than you expected.
-- Reads: one statistics snapshot, /proc/self/smaps (milliseconds for each GB). Changes nothing.
-- Usage: moonheap script PID overview
--
--   redis-server (12555): 40.0 MiB asked for, 51.7 MiB resident, 52.2 MiB at its peak
--
--                                   bytes  share
--   objects of the program       40.0 MiB   77 %  ###############
--   free regions in slabs       474.4 KiB    1 %
--   metadata of the allocator   500.0 KiB    1 %
--   of these, not touched yet  -400.0 KiB   -1 %
--   stacks of threads            72.0 KiB    0 %
--   program and libraries        11.0 MiB   21 %  ####
--   this console's agent         56.0 KiB    0 %
--   kernel                        4.0 KiB    0 %
--   resident (RSS)               51.7 MiB  100 %  ####################
--
-- How to read it: the steps add up to the RSS. Each one is explained below it when it matters.
--   objects            what malloc() handed out and free() has not taken back, with what waits
--   in the
--                      caches of threads
--   free regions       pages in use that are partly free: fragmentation (script `fragmentation`)
--   dirty, muzzy       unused pages that still have memory behind them; they go back with time
--   metadata           the allocator's own
--   not touched        pages that were handed out but never written to, so the kernel has not given
--                      memory for them (a negative step); on a process whose other anonymous memory
--                      is larger, the difference is named "other anonymous memory" instead
--   stacks, files ...  memory that no allocator has to do with
-- Findings (exit code 6): one step other than the program's objects holds much of the RSS.

local columns = require "lib.columns"

-- Small processes are nobody's problem: below this many bytes a step is not worth a finding.
local WORTH_A_WORD = 16 << 20

-- Every step from the program's objects to the RSS, in order; they add up to `total`.
local function steps_of(snapshot, merged, page, process)
	local maps = process.maps
	local dirty, muzzy = merged.pdirty * page, merged.pmuzzy * page
	local metadata = snapshot.resident - snapshot.active - dirty - muzzy
	local outside = maps.anonymous.resident - snapshot.resident

	local steps = {
		{ key = "objects", bytes = snapshot.allocated, label = "objects of the program" },
		{ key = "free_regions", bytes = snapshot.active - snapshot.allocated,
			label = "free regions in slabs" },
		{ key = "dirty", bytes = dirty, label = "unused pages, dirty" },
		{ key = "muzzy", bytes = muzzy, label = "unused pages, muzzy" },
		{ key = "metadata", bytes = metadata, label = "metadata of the allocator" },
	}
	if outside < 0 then
		steps[#steps + 1] = { key = "untouched", bytes = outside, label = "of these, not touched yet" }
	else
		steps[#steps + 1] = { key = "other_anonymous", bytes = outside,
			label = "other anonymous memory" }
	end
	for _, kind in ipairs {
		{ "stack", "stacks of threads" }, { "file", "program and libraries" },
		{ "shared", "shared memory" }, { "agent", "this console's agent" }, { "kernel", "kernel" },
	} do
		steps[#steps + 1] = { key = kind[1], bytes = maps[kind[1]].resident, label = kind[2] }
	end

	local total = 0
	for _, step in ipairs(steps) do total = total + step.bytes end
	return steps, total
end

-- What a step means for whoever runs the service; nil when it is as it should be.
local advice = {
	free_regions = function(bytes, total)
		if bytes > total // 5 then
			return ("%s of pages in use are free regions; `moonheap script %s fragmentation` " ..
				"names the sizes")
		end
	end,
	dirty = function(bytes, total)
		if bytes > total // 5 then
			return "%s wait in dirty pages: they go back within dirty_decay_ms while the program is " ..
				"active; `arena[4096].purge()` gives them back now, `background_thread = true` does " ..
				"it when the program sleeps (role operator)"
		end
	end,
	muzzy = function(bytes, total)
		if bytes > total // 5 then
			return "%s are muzzy: the kernel takes them when it needs memory, RSS counts them until then"
		end
	end,
	metadata = function(bytes, total)
		if bytes > total // 10 then
			return "%s are metadata: many arenas, or a heap that was much larger once"
		end
	end,
	other_anonymous = function(bytes, total)
		if bytes > total // 3 then
			return "%s are anonymous memory that this allocator did not hand out: another allocator, " ..
				"a language runtime's own heap, or mmap() in the program"
		end
	end,
	stack = function(bytes, total)
		if bytes > total // 5 then return "%s are stacks of threads: many threads, or deep recursion" end
	end,
}

local function bar(bytes, total)
	-- Padded to its full length, because columns stand to the right.
	return ("%-20s"):format(("#"):rep(math.max(0, math.floor(20 * bytes / total + 0.5))))
end

local function run()
	local process = heap.process()
	local stats = heap.snapshot("stats.allocated", "stats.active", "stats.resident", "stats.retained",
		"stats.arenas.4096.pdirty", "stats.arenas.4096.pmuzzy").stats
	local snapshot, merged = stats, stats.arenas[4096]
	local page = ctl.arenas.page
	local steps, total = steps_of(snapshot, merged, page, process)

	local rows = {}
	for _, step in ipairs(steps) do
		if step.bytes ~= 0 then
			rows[#rows + 1] = { step.label, heap.bytes(step.bytes),
				("%.0f %%"):format(100 * step.bytes / total), bar(step.bytes, total) }
		end
	end
	rows[#rows + 1] = { "resident (RSS)", heap.bytes(total), "100 %", bar(total, total) }

	print(("%s (%d): %s asked for, %s resident, %s at its peak"):format(process.program, process.pid,
		heap.bytes(snapshot.allocated), heap.bytes(process.resident),
		heap.bytes(process.resident_peak)))
	print()
	print(columns({ "", "bytes", "share", "" }, rows, { left = 1 }))
	print()

	local found = 0
	for _, step in ipairs(steps) do
		local judge = advice[step.key]
		local text = judge and step.bytes > WORTH_A_WORD and judge(step.bytes, total)
		if text then
			heap.finding("warn", text:format(heap.bytes(step.bytes), process.pid))
			found = found + 1
		end
	end
	if found == 0 then
		print("Nothing stands out: no step but the program's own data is large enough to act on.")
	end
	print(("Address space kept without memory: %s (retained); it costs nothing."):format(
		heap.bytes(snapshot.retained)))

	if heap.format() == "json" then
		local plain = {}
		for i, step in ipairs(steps) do plain[i] = { step = step.key, bytes = step.bytes } end
		return { steps = plain, total = total, resident = process.resident,
			retained = snapshot.retained }
	end
end

return {
	name = "overview",
	summary = "where does my memory go: from what the program asked for to the RSS of the process",
	args = {},
	run = run,
}
