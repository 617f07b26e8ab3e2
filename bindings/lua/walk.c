#include "walk.h"

#include <lauxlib.h>
#include <string.h>

#include "tree_name.h"

/* One value that is waiting to be read. */
struct walk_entry {
	struct gate_leaf leaf;
	uint32_t name; /* offset behind the entries */
};

/* A userdata: entries, then their names. */
struct walk_batch {
	size_t count, position;
	size_t capacity; /* the names stand behind this many entries */
	struct walk_entry entries[];
};

enum {                 /* upvalues of the iterator */
       WALK_BATCH = 1, /* struct walk_batch, or nil */
       WALK_PENDING,   /* array of prefixes, the next one last */
       WALK_THREAD     /* values of thread.* are wanted */
};

/* --- collecting --------------------------------------------------------------------------- */

struct collection {
	struct walk_batch *batch; /* NULL: count only */
	size_t max_count, max_names;
	size_t count, nnames;
};

static bool is_value(const struct moonheap_ctl_row *row)
{
	return !gate_is_callable(row) && row->type != MOONHEAP_CTL_STRUCT &&
	       row->type != MOONHEAP_CTL_NONE;
}

static int collect(const char *name, const size_t *mib, size_t miblen,
		   const struct moonheap_ctl_row *row, void *opaque)
{
	struct collection *c = opaque;
	size_t n = strlen(name) + 1;

	if (!is_value(row))
		return 0;
	if (c->count < c->max_count && c->nnames + n <= c->max_names) {
		struct walk_entry *entry = &c->batch->entries[c->count];
		entry->leaf.row = row;
		entry->leaf.miblen = miblen;
		memcpy(entry->leaf.mib, mib, miblen * sizeof(*mib));
		entry->name = (uint32_t)c->nnames;
		memcpy((char *)&c->batch->entries[c->max_count] + c->nnames, name, n);
	}
	c->count++;
	c->nnames += n;
	return 0;
}

/* Pushes a batch of everything below the prefix. */
static void push_batch(lua_State *L, const char *prefix)
{
	const struct target *target = context_of(L)->target;
	struct collection c = {0};

	target->moonheap_ctl_walk_mib(prefix, collect, &c);
	for (;;) { /* the tree may grow between two passes */
		struct collection filled = {.max_count = c.count, .max_names = c.nnames};
		filled.batch = lua_newuserdatauv(
			L, sizeof(*c.batch) + c.count * sizeof(struct walk_entry) + c.nnames, 0);
		target->moonheap_ctl_walk_mib(prefix, collect, &filled);
		if (filled.count <= filled.max_count && filled.nnames <= filled.max_names) {
			filled.batch->count = filled.count;
			filled.batch->position = 0;
			filled.batch->capacity = filled.max_count;
			return;
		}
		lua_pop(L, 1);
		c = filled;
	}
}

static void push_single(lua_State *L, const char *name)
{
	size_t n = strlen(name) + 1;
	struct walk_batch *batch =
		lua_newuserdatauv(L, sizeof(*batch) + sizeof(struct walk_entry) + n, 0);
	struct walk_entry *entry = &batch->entries[0];

	batch->position = 0;
	batch->capacity = 1;
	entry->name = 0;
	memcpy(&batch->entries[1], name, n);
	batch->count = gate_resolve(&context_of(L)->gate, name, &entry->leaf) == GATE_DONE &&
				       is_value(entry->leaf.row)
			       ? 1
			       : 0;
}

/* --- iterating ---------------------------------------------------------------------------- */

/* Does the name have a number in it already? Then everything below belongs to one thing. */
static bool has_number(const char *name)
{
	for (const char *p = name; *p != '\0'; p += strcspn(p, "."), p += *p == '.')
		if (*p >= '0' && *p <= '9')
			return true;
	return false;
}

/* Puts the children of the name on the array of pending prefixes, the first one last. */
static void push_children_pending(lua_State *L, const char *name)
{
	lua_pushstring(L, name);
	tree_push_node(L, name);
	lua_Integer n = tree_keys(L, -1);
	lua_Integer pending = (lua_Integer)lua_rawlen(L, lua_upvalueindex(WALK_PENDING));

	for (lua_Integer i = n; i >= 1; i--) {
		lua_rawgeti(L, -1, i);
		const char *key = luaL_tolstring(L, -1, NULL);
		if (name[0] == '\0' && strcmp(key, "thread") == 0 &&
		    !lua_toboolean(L, lua_upvalueindex(WALK_THREAD))) {
			lua_pop(L, 2);
			continue;
		}
		lua_pushfstring(L, "%s%s%s", name, name[0] == '\0' ? "" : ".", key);
		lua_rawseti(L, lua_upvalueindex(WALK_PENDING), ++pending);
		lua_pop(L, 2);
	}
	lua_pop(L, 3);
}

static int stop(const char *child, int is_leaf, void *opaque)
{
	(void)child;
	(void)is_leaf;
	(void)opaque;
	return 1;
}

/* Makes the next batch from the pending prefixes; false at the end. */
static bool advance(lua_State *L)
{
	const struct target *target = context_of(L)->target;

	for (;;) {
		lua_Integer pending = (lua_Integer)lua_rawlen(L, lua_upvalueindex(WALK_PENDING));
		if (pending == 0)
			return false;
		budget_step(L, 100);
		lua_rawgeti(L, lua_upvalueindex(WALK_PENDING), pending);
		lua_pushnil(L);
		lua_rawseti(L, lua_upvalueindex(WALK_PENDING), pending);
		const char *prefix = lua_tostring(L, -1);
		if (target->moonheap_ctl_children(prefix, stop, NULL) < 0) {
			push_single(L, prefix);
		} else if (has_number(prefix)) {
			push_batch(L, prefix);
		} else {
			push_children_pending(L, prefix);
			lua_pop(L, 1);
			continue;
		}
		lua_replace(L, lua_upvalueindex(WALK_BATCH));
		lua_pop(L, 1);
		return true;
	}
}

static int walk_next(lua_State *L)
{
	struct gate *gate = &context_of(L)->gate;
	struct walk_batch *batch = lua_touserdata(L, lua_upvalueindex(WALK_BATCH));
	union value value;

	for (;;) {
		if (batch == NULL || batch->position == batch->count) {
			if (!advance(L)) {
				lua_pushnil(L);
				return 1;
			}
			batch = lua_touserdata(L, lua_upvalueindex(WALK_BATCH));
			continue;
		}
		const struct walk_entry *entry = &batch->entries[batch->position++];
		bool before = gate->pinned;
		gate->pinned = true;
		enum gate_status status = gate_read(gate, &entry->leaf, &value);
		gate->pinned = before;
		if (status != GATE_DONE) /* its arena has gone, its feature is off */
			continue;
		lua_pushstring(L, (const char *)&batch->entries[batch->capacity] + entry->name);
		tree_push_c_value(L, entry->leaf.row->type, &value);
		walk_push_row(L, entry->leaf.row);
		return 3;
	}
}

void walk_push(lua_State *L, int prefix)
{
	struct gate *gate = &context_of(L)->gate;
	char name[GATE_NAME_MAX] = "";

	tree_push_root(L); /* raises without a tree */
	lua_pop(L, 1);
	if (!lua_isnoneornil(L, prefix))
		tree_check_name(L, prefix, name);
	if (gate->target->moonheap_ctl_children(name, stop, NULL) < 0 &&
	    (gate->target->moonheap_ctl_describe(name) == NULL)) {
		gate_explain_unknown(gate, name);
		tree_raise(L);
	}
	gate_refresh(gate, GATE_STALE_NS);
	lua_pushnil(L);
	lua_newtable(L);
	lua_pushstring(L, name);
	lua_rawseti(L, -2, 1);
	lua_pushboolean(L, strncmp(name, "thread", 6) == 0);
	lua_pushcclosure(L, walk_next, 3);
}

/* --- rows --------------------------------------------------------------------------------- */

static void set_word(lua_State *L, const char *field, const char *word)
{
	lua_pushstring(L, word);
	lua_setfield(L, -2, field);
}

void walk_push_row(lua_State *L, const struct moonheap_ctl_row *row)
{
	static const char *const freshness[] = {"const", "live", "cached"};
	static const char *const metrics[] = {"none", "counter", "gauge"};

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, row) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 0, 9);
	set_word(L, "path", row->path);
	set_word(L, "help", row->help);
	set_word(L, "type", value_type_word(row->type));
	set_word(L, "argument", value_type_word(row->argument));
	set_word(L, "unit", value_unit_word(row->unit));
	set_word(L, "access", gate_access_word(row));
	set_word(L, "freshness", row->freshness < 3 ? freshness[row->freshness] : "");
	set_word(L, "metric", row->metric < 3 ? metrics[row->metric] : "");
	lua_pushboolean(L, row->metric == MOONHEAP_CTL_COUNTER);
	lua_setfield(L, -2, "monotonic");
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, row);
}
