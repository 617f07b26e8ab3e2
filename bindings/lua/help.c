#include "help.h"

#include <lauxlib.h>
#include <string.h>

#include "lua_heap.h"
#include "tree_name.h"
#include "tree_view.h"

#define NAME_WIDTH 26

static const struct topic {
	const char *word, *text;
} topics[] = {
	{"ctl",
	 "The control tree as tables. Its top names stand alone, too: ctl.stats is stats.\n"
	 "  stats.allocated                 a value; statistics refresh by themselves when older\n"
	 "                                  than 100 ms, heap.refresh() does it now\n"
	 "  stats                           at the prompt: what is below a name\n"
	 "  arena[0].dirty_decay_ms = 500   a setting (needs --role operator)\n"
	 "  arena[0].purge()                an action (needs --role operator)\n"
	 "  arena.all, stats.arenas.all     all arenas together (number 4096)\n"
	 "  pairs(stats), #arena            names below, how many there are\n"
	 "  ctl[\"stats.allocated\"]          a value by its full name"},
	{"role",
	 "A session is an observer unless it was started with --role operator: it reads values\n"
	 "and refreshes statistics, and every write or action is refused in words. Roles guard\n"
	 "against slips: who can attach at all may ask for either."},
	{"script",
	 "A script is a Lua chunk. Mostly it returns a table that describes it:\n"
	 "  return { name = \"...\", summary = \"...\",\n"
	 "           args = { { name = \"top\", type = \"integer\", default = 10, help = \"...\" } "
	 "},\n"
	 "           run = function(args) ... end }\n"
	 "run gets its arguments checked (moonheap script PID FILE top=5). In text it speaks by\n"
	 "print; with --json its returned value is the answer. heap.finding(\"warn\", \"...\")\n"
	 "makes the exit code 6. require(\"name\") loads what stands beside the script."},
	{"limits",
	 "A statement can be cancelled (Ctrl-C) or given a time limit. A session's memory is\n"
	 "limited (64 MiB unless set otherwise) and apart from the service's. There are no\n"
	 "files, processes, bytecode, debug library or finalizers; print goes to the console."},
};

static void put_topic_overview(struct sink *sink)
{
	sink_puts(sink, "Lua 5.4 inside this process; the allocator's control tree as tables:\n"
			"  stats.allocated                 a value, with its unit\n"
			"  stats                           what is below a name (ctl: the top)\n"
			"  arena[0].dirty_decay_ms = 500   a setting (needs --role operator)\n"
			"  arena[0].purge()                an action (needs --role operator)\n"
			"Everything else is in the table heap:");
	for (const struct lua_heap_row *row = lua_heap_rows; row->name != NULL; row++)
		sink_printf(sink, "%s%s", (row - lua_heap_rows) % 8 == 0 ? "\n  " : " ", row->name);
	sink_puts(sink, "\nhelp NAME tells about a name: help stats.resident, help heap.walk, "
			"help heap\nand about");
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		sink_printf(sink, "%s %s", i > 0 ? "," : "", topics[i].word);
}

/* --- the table heap ----------------------------------------------------------------------- */

static void put_heap(struct sink *sink)
{
	sink_puts(sink, "What is more than the control tree:");
	for (const struct lua_heap_row *row = lua_heap_rows; row->name != NULL; row++)
		sink_printf(sink, "\n  %s\n      %s", row->usage, row->help);
}

static bool put_heap_function(struct sink *sink, const char *name)
{
	for (const struct lua_heap_row *row = lua_heap_rows; row->name != NULL; row++) {
		if (strcmp(row->name, name) != 0)
			continue;
		sink_printf(sink, "%s\n  %s", row->usage, row->help);
		return true;
	}
	return false;
}

/* --- the tree ----------------------------------------------------------------------------- */

static void put_leaf(lua_State *L, struct sink *sink, const char *name,
		     const struct moonheap_ctl_row *row)
{
	struct gate *gate = &context_of(L)->gate;
	struct gate_leaf leaf;

	tree_put_lua_name(sink, name);
	sink_printf(sink, "%s\n  %s\n", gate_is_callable(row) ? "()" : "", row->help);
	if (!gate_is_callable(row))
		sink_printf(sink, "  type     %s, %s\n", value_type_word(row->type),
			    gate_access_word(row));
	else
		sink_printf(sink, "  action   takes %s, gives %s\n", value_type_word(row->argument),
			    value_type_word(row->type));
	if (row->unit != MOONHEAP_CTL_UNIT_NONE)
		sink_printf(sink, "  unit     %s%s\n", value_unit_word(row->unit),
			    row->metric == MOONHEAP_CTL_COUNTER ? ", only grows" : "");
	if (!gate_is_callable(row))
		sink_printf(sink, "  taken    %s\n", value_freshness_words(row->freshness));
	sink_printf(sink, "  path     %s", row->path);
	if (strncmp(row->path, "thread.", 7) == 0)
		sink_puts(sink, "\n  note     thread.* speaks of the thread that asks: here the "
				"agent's own, not one of the service's");
	if (gate_is_callable(row) || strchr(name, '<') != NULL ||
	    gate_resolve(gate, name, &leaf) != GATE_DONE)
		return;
	sink_puts(sink, "\n  now      ");
	if (!tree_view_leaf(L, sink, &leaf))
		sink_puts(sink, "not available");
}

/* A node is on top of the stack. */
static void put_node(lua_State *L, struct sink *sink, const char *name)
{
	const struct target *target = context_of(L)->target;
	int node = lua_gettop(L);
	lua_Integer n = tree_keys(L, node);

	tree_put_lua_name(sink, name);
	sink_puts(sink, ": names below");
	for (lua_Integer i = 1; i <= n; i++) {
		char child[2 * GATE_NAME_MAX];
		struct sink child_sink;

		lua_rawgeti(L, -1, i);
		const char *key = luaL_tolstring(L, -1, NULL);
		sink_init(&child_sink, child, sizeof(child));
		sink_printf(&child_sink, "%s.%s", name, key);
		const struct moonheap_ctl_row *row =
			target->moonheap_ctl_describe(sink_text(&child_sink));
		size_t used = strlen(key);
		sink_printf(sink, "\n  %s", key);
		if (row != NULL) {
			sink_pad(sink, used < NAME_WIDTH ? NAME_WIDTH - used : 1);
			sink_puts(sink, row->help);
		}
		lua_pop(L, 2);
		budget_step(L, 10);
	}
	lua_pop(L, 1);
}

static bool put_tree(lua_State *L, struct sink *sink, const char *name)
{
	const struct target *target = context_of(L)->target;

	if (!target->reflects)
		return false;
	const struct moonheap_ctl_row *row = target->moonheap_ctl_describe(name);
	if (row != NULL) {
		put_leaf(L, sink, name, row);
		return true;
	}
	if (!tree_push_node(L, name))
		return false;
	put_node(L, sink, name);
	lua_pop(L, 1);
	return true;
}

/* --- finding ------------------------------------------------------------------------------ */

static bool put_topic(struct sink *sink, const char *name)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (strcmp(topics[i].word, name) == 0) {
			sink_puts(sink, topics[i].text);
			return true;
		}
	return false;
}

void help_put(lua_State *L, struct sink *sink, const char *text, size_t length)
{
	struct gate *gate = &context_of(L)->gate;
	char name[GATE_NAME_MAX];

	while (length > 0 && text[length - 1] == ' ')
		length--;
	if (length == 0) {
		put_topic_overview(sink);
		return;
	}
	bool is_path = memchr(text, '<', length) != NULL;
	if (is_path && length < sizeof(name)) {
		memcpy(name, text, length);
		name[length] = '\0';
	} else if (!tree_parse_name(text, length, name)) {
		luaL_error(L, "help: this is no name; try help, help ctl or help heap");
	}
	if (put_topic(sink, name) || put_tree(L, sink, name))
		return;
	if (strcmp(name, "heap") == 0) {
		put_heap(sink);
		return;
	}
	if (put_heap_function(sink, strncmp(name, "heap.", 5) == 0 ? name + 5 : name))
		return;
	const char *refusal = target_refusal(gate->target);
	if (refusal != NULL)
		luaL_error(L, "unknown name '%s' (the control tree is not there: %s)", name,
			   refusal);
	gate_explain_unknown(gate, name);
	tree_raise(L);
}

int help_lua(lua_State *L)
{
	struct sink *out = context_of(L)->out;
	const struct tree_item *item = tree_item_at(L, 1);
	char name[GATE_NAME_MAX];
	size_t length;

	if (item != NULL && item->kind == TREE_NODE)
		lua_pushstring(L, item->name[0] == '\0' ? "ctl" : item->name);
	else if (item != NULL)
		lua_pushstring(L, gate_name(&item->leaf, name));
	else
		lua_pushstring(L, luaL_optstring(L, 1, ""));
	const char *text = lua_tolstring(L, -1, &length);
	help_put(L, out, text, length);
	sink_char(out, '\n');
	return 0;
}
