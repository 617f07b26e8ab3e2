-- lua workload: tables, strings and closures that live and die; a queue and a graph that stay.
-- Usage: tables.lua STEPS
local steps = tonumber(arg[1])
local sum = 0
local function add(value)
  sum = (sum * 31 + value) % 2147483647
end

local graph = {}
for i = 1, steps do
  local node = { id = i, name = "node" .. i, edges = {} }
  for k = 1, 4 do
    node.edges[k] = graph[(i * 7919 + k * 104729) % i + 1]
  end
  graph[i % 20000 + 1] = node
  if i % 8 == 0 then
    local parts = {}
    for k = 1, 12 do
      parts[#parts + 1] = string.format("%d:%s", k * i, node.name)
    end
    local line = table.concat(parts, ",")
    local fields = {}
    for field in line:gmatch("[^,]+") do
      fields[#fields + 1] = field
    end
    add(#line + #fields)
  end
  if i % 5 == 0 then
    local closure = function(x) return x + #node.name + i end
    add(closure(i % 100))
  end
  if i % 1000 == 0 then
    local copy = {}
    for k, v in pairs(graph) do
      if k % 37 == 0 then copy[v.name] = { v.id, #v.edges } end
    end
    local count = 0
    for _ in pairs(copy) do count = count + 1 end
    add(count)
  end
end
print(string.format("sum %016x", sum))
