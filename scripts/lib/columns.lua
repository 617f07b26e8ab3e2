-- columns - rows of text, aligned
--
--   local columns = require "lib.columns"
--   print(columns({ "size", "waste" }, { { "64 B", "1.2 MiB" } }, { left = 1 }))
--
-- Columns stand to the right, but for the first `left` ones. Returns one string without a
-- newline at its end.

local function width_of(rows, column)
	local width = 0
	for _, row in ipairs(rows) do
		width = math.max(width, utf8.len(row[column]) or #row[column])
	end
	return width
end

return function(head, rows, how)
	local left = how and how.left or 0
	local all = { head, table.unpack(rows) }
	local widths = {}
	for column = 1, #head do widths[column] = width_of(all, column) end

	local lines = {}
	for _, row in ipairs(all) do
		local cells = {}
		for column = 1, #head do
			local gap = (" "):rep(widths[column] - (utf8.len(row[column]) or #row[column]))
			cells[column] = column <= left and row[column] .. gap or gap .. row[column]
		end
		lines[#lines + 1] = (table.concat(cells, "  "):gsub("%s+$", ""))
	end
	return table.concat(lines, "\n")
end
