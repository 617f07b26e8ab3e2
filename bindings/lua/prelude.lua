-- prelude: what is easier said in Lua than in C. Run once in each fresh state.
--   ...  the table that receives the functions

local prelude = ...

-- How an argument's text becomes a value of its declared type.
local converters = {
	string = function(text) return text end,
	number = tonumber,
	integer = function(text) return math.tointeger(tonumber(text)) end,
	boolean = function(text)
		if text == "true" or text == "yes" or text == "1" then return true end
		if text == "false" or text == "no" or text == "0" then return false end
		return nil
	end,
}

local function declared_names(declared)
	local names = {}
	for i, argument in ipairs(declared) do names[i] = argument.name end
	return #names > 0 and "it takes " .. table.concat(names, ", ") or "it takes none"
end

-- One argument as declared: { name = "top", type = "integer", default = 10, help = "..." }
local function convert(script, argument, text)
	local kind = argument.type or (argument.default ~= nil and math.type(argument.default)) or
		(argument.default ~= nil and type(argument.default)) or "string"
	if kind == "float" then kind = "number" end
	local convert_text = converters[kind]
	if convert_text == nil then
		error(script .. ": argument " .. argument.name .. " is declared with the unknown type " ..
			tostring(kind), 0)
	end
	local value = convert_text(text)
	if value == nil then
		error(("%s: argument %s wants a %s, not '%s'"):format(script, argument.name, kind, text), 0)
	end
	return value
end

-- "top=10" names an argument; other text fills the declared ones in their order, and stands in the
-- array part as well.
local function parse(script, declared, texts)
	local arguments, by_name = {}, {}
	for _, argument in ipairs(declared) do by_name[argument.name] = argument end
	for _, text in ipairs(texts) do
		local name, value = text:match("^([%a_][%w_]*)=(.*)$")
		if name and by_name[name] then
			arguments[name] = convert(script, by_name[name], value)
		elseif name and #declared > 0 then
			error(("%s: unknown argument %s; %s"):format(script, name, declared_names(declared)), 0)
		elseif name then
			arguments[name] = value
		else
			arguments[#arguments + 1] = text
		end
	end
	for i, argument in ipairs(declared) do
		local name = argument.name
		if arguments[name] == nil and arguments[i] ~= nil then
			arguments[name] = convert(script, argument, arguments[i])
		elseif arguments[name] == nil then
			arguments[name] = argument.default
		end
		if arguments[name] == nil and argument.required then
			error(("%s: argument %s is missing%s"):format(script, name,
				argument.help and ": " .. argument.help or ""), 0)
		end
	end
	if #declared > 0 and #arguments > #declared then
		error(("%s: too many arguments; %s"):format(script, declared_names(declared)), 0)
	end
	return arguments
end

-- A script's table { name, summary, args, run }: check the arguments, run it.
function prelude.run_script(script, name, ...)
	return script.run(parse(name, script.args or {}, { ... }))
end
