-- fragmentation - which size classes and arenas hold pages that are mostly free
--
-- When: `overview` shows much memory in free regions of slabs, or RSS stays high after a lot was
-- freed.
-- Reads: one statistics snapshot. Changes nothing.
-- Usage: moonheap script PID fragmentation [top=10]
--
--      size  slabs  regions in use   use  free regions
--     320 B    784    5012 / 50176  10 %      13.8 MiB
--     ...
--
-- How to read it: a slab is a run of pages cut into regions of one size. It goes back to the system
-- when its last region is freed; a few survivors that are spread over many slabs keep all of
-- them. Use is the share of regions that are in use; the last column is what the others hold.
-- Regions that wait in caches of threads count as in use.
-- Findings (exit code 6): a class that is used to less than two thirds and holds, in its free
-- regions, more than a twentieth of all active memory and more than 1 MiB.
-- What helps: purging does not (the pages are in use). Let objects that live long and objects
-- that come and go be allocated from different arenas, rebuild what survives, or restart at a
-- quiet time.

local columns = require "lib.columns"

local LEAST_USE = 2 / 3
local LEAST_SHARE = 1 / 20 -- of active memory
local LEAST_BYTES = 1 << 20

-- For the bins of one arena: an array of { bin, size, slabs, regions, used, free_bytes }, the worst
-- first.
local function waste_by_bin(bins, geometry)
	local found = {}
	for index, bin in pairs(bins) do
		local class = geometry[index]
		local regions = bin.curslabs * class.nregs
		if regions > 0 then
			found[#found + 1] = { bin = index, size = class.size, slabs = bin.curslabs,
				regions = regions, used = bin.curregs,
				free_bytes = (regions - bin.curregs) * class.size }
		end
	end
	table.sort(found, function(a, b) return a.free_bytes > b.free_bytes end)
	return found
end

local function sum_of_free(bins)
	local sum = 0
	for _, bin in ipairs(bins) do sum = sum + bin.free_bytes end
	return sum
end

local function is_waste(bin, active)
	return bin.used < LEAST_USE * bin.regions and bin.free_bytes > LEAST_BYTES and
		bin.free_bytes > LEAST_SHARE * active
end

local function print_bins(bins, top)
	local rows = {}
	for i = 1, math.min(top, #bins) do
		local bin = bins[i]
		rows[i] = { heap.bytes(bin.size), ("%d"):format(bin.slabs),
			("%d / %d"):format(bin.used, bin.regions),
			("%d %%"):format(100 * bin.used // bin.regions), heap.bytes(bin.free_bytes) }
	end
	print(columns({ "size", "slabs", "regions in use", "use", "free regions" }, rows))
end

local function print_arenas(arenas)
	local rows = {}
	for i, arena in ipairs(arenas) do
		rows[i] = { ("%d"):format(arena.index), ("%d"):format(arena.threads),
			heap.bytes(arena.active), heap.bytes(arena.free_bytes), heap.bytes(arena.dirty) }
	end
	print(columns({ "arena", "threads", "active", "free regions", "dirty" }, rows))
end

local function run(args)
	-- Of one refresh, so that the arenas add up to the whole: the columns that are needed, of each
	-- arena and of all together.
	local names = { "stats.active", "arenas.page", "arenas.bin", "stats.arenas.<arena>.nthreads",
		"stats.arenas.<arena>.pactive", "stats.arenas.<arena>.pdirty" }
	for _, arena in ipairs { "<arena>", "4096" } do
		for _, column in ipairs { "curslabs", "curregs" } do
			names[#names + 1] = ("stats.arenas.%s.bins.<bin>.%s"):format(arena, column)
		end
	end
	local tree = heap.snapshot(table.unpack(names))
	local page, active, geometry = tree.arenas.page, tree.stats.active, tree.arenas.bin
	local bins = waste_by_bin(tree.stats.arenas[4096].bins, geometry)
	local arenas = {}
	for index, arena in pairs(tree.stats.arenas) do
		if index < 4096 then
			arenas[#arenas + 1] = { index = index, threads = arena.nthreads,
				active = arena.pactive * page, dirty = arena.pdirty * page,
				free_bytes = sum_of_free(waste_by_bin(arena.bins, geometry)) }
		end
	end
	table.sort(arenas, function(a, b) return a.free_bytes > b.free_bytes end)

	local free_bytes = sum_of_free(bins)
	print(("%s of %s in active pages are free regions (%.0f %%)"):format(heap.bytes(free_bytes),
		heap.bytes(active), active > 0 and 100 * free_bytes / active or 0))
	print()
	print_bins(bins, args.top)
	print()
	print_arenas(arenas)
	print()

	local wasteful = {}
	for _, bin in ipairs(bins) do
		if is_waste(bin, active) then
			wasteful[#wasteful + 1] = bin
			heap.finding("warn", ("regions of %d bytes (bin %d): %s are free in %d slabs that are " ..
				"used to %d %%"):format(bin.size, bin.bin, heap.bytes(bin.free_bytes), bin.slabs,
				100 * bin.used // bin.regions))
		end
	end
	if #wasteful == 0 then print("No size class wastes a part worth naming.") end

	if heap.format() == "json" then
		return { active = active, free_bytes = free_bytes, bins = bins, arenas = arenas,
			wasteful = wasteful }
	end
end

return {
	name = "fragmentation",
	summary = "which size classes and arenas hold pages that are mostly free",
	args = { { name = "top", type = "integer", default = 10, help = "how many classes to show" } },
	run = run,
}
