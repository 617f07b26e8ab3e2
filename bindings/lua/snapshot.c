#include "snapshot.h"

#include <lauxlib.h>
#include <string.h>

#include "tree_name.h"

#define AGE_SECONDS_MAX 1e9

/* Pushes the name at an index as the allocator knows it, with a space behind. */
static void push_name(lua_State *L, int index)
{
	char name[GATE_NAME_MAX];

	lua_pushfstring(L, "%s ", tree_check_name(L, index, name));
}

/* Statistics may be so old; takes the table of options off the end of the arguments. */
static uint64_t take_max_age_ns(lua_State *L)
{
	lua_Number seconds = GATE_STALE_NS / 1e9;
	int options = lua_gettop(L);

	if (lua_type(L, -1) != LUA_TTABLE)
		return GATE_STALE_NS;
	for (lua_pushnil(L); lua_next(L, options) != 0; lua_pop(L, 1)) {
		bool is_max_age = lua_type(L, -2) == LUA_TSTRING &&
				  strcmp(lua_tostring(L, -2), "max_age") == 0;
		if (!is_max_age)
			luaL_error(L, "snapshot has no option '%s'; there is max_age",
				   luaL_tolstring(L, -2, NULL));
		luaL_argcheck(L, lua_type(L, -1) == LUA_TNUMBER, options,
			      "max_age wants seconds, 0 to 1e9");
		seconds = lua_tonumber(L, -1);
	}
	luaL_argcheck(L, seconds >= 0 && seconds <= AGE_SECONDS_MAX, options,
		      "max_age wants seconds, 0 to 1e9");
	lua_pop(L, 1);
	return (uint64_t)(seconds * 1e9);
}

/* Pushes memory with all values in it. */
static const struct moonheap_ctl_value *push_values(lua_State *L, const char *names,
						    uint64_t max_age_ns,
						    struct moonheap_ctl_snapshot *about)
{
	struct gate *gate = &context_of(L)->gate;
	struct moonheap_ctl_value *values = NULL;
	bool fits;

	if (gate_snapshot(gate, names, max_age_ns, NULL, 0, about, &fits) != GATE_DONE)
		tree_raise(L);
	lua_pushnil(L);
	do { /* there may be more of them each time */
		size_t room = about->needed + 64;
		lua_pop(L, 1);
		budget_step(L, 1000);
		values = lua_newuserdatauv(L, room * sizeof(*values), 0);
		if (gate_snapshot(gate, names, max_age_ns, values, room, about, &fits) != GATE_DONE)
			tree_raise(L);
	} while (!fits);
	return values;
}

static void push_scalar(lua_State *L, const struct moonheap_ctl_value *value)
{
	union value as = {.uint64 = value->as.number};
	enum moonheap_ctl_type type = value->row->type;

	/* Numbers of all sizes come as 64 bits. */
	if (type == MOONHEAP_CTL_UNSIGNED || type == MOONHEAP_CTL_UINT32)
		type = MOONHEAP_CTL_UINT64;
	else if (type == MOONHEAP_CTL_BOOL)
		as.boolean = value->as.boolean;
	else if (type == MOONHEAP_CTL_STRING)
		as.string = value->as.string;
	else if (type == MOONHEAP_CTL_POINTER)
		as.pointer = value->as.pointer;
	tree_push_c_value(L, type, &as);
}

/* Replaces the table on top by the one that it has at the key on top of it, made if need be. */
static void descend(lua_State *L)
{
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, -5);
	}
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* Puts a value into the table on top, in tables for its components from that number on. */
static void put(lua_State *L, const struct moonheap_ctl_value *value, size_t from)
{
	size_t component = 0, nth = 0;

	lua_pushvalue(L, -1);
	for (const char *p = value->row->path;; component++) {
		size_t n = strcspn(p, ".");
		bool is_last = p[n] == '\0';
		if (*p == '<')
			lua_pushinteger(L, value->index[nth++]);
		else
			lua_pushlstring(L, p, n);
		if (component < from)
			lua_pop(L, 1);
		else if (!is_last)
			descend(L);
		if (is_last)
			break;
		p += n + 1;
	}
	push_scalar(L, value);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

/* How many components come before the values' own: those of the name, up to an index that stands
 * for each. */
static size_t components_of(const char *name)
{
	size_t n = 0;

	for (const char *p = name; *p != '\0' && *p != ' ' && *p != '<'; n++) {
		p += strcspn(p, ". ");
		p += *p == '.';
	}
	return n;
}

/* Is the name, which ends with a space, that of one value? */
static bool is_leaf(const struct target *target, const char *names)
{
	char name[GATE_NAME_MAX];
	size_t length = strcspn(names, " ");

	if (length >= sizeof(name) || strchr(names, '<') != NULL)
		return false;
	memcpy(name, names, length);
	name[length] = '\0';
	return target->moonheap_ctl_describe(name) != NULL;
}

static void push_about(lua_State *L, const struct moonheap_ctl_snapshot *about)
{
	uint64_t now = budget_now_ns();

	lua_createtable(L, 0, 3);
	if (about->epoch != 0) {
		lua_pushinteger(L, (lua_Integer)about->epoch);
		lua_setfield(L, -2, "epoch");
	}
	lua_pushnumber(L, (lua_Number)about->taken_ns / 1e9);
	lua_setfield(L, -2, "taken");
	lua_pushnumber(L, now > about->taken_ns ? (lua_Number)(now - about->taken_ns) / 1e9 : 0);
	lua_setfield(L, -2, "age");
}

int snapshot_push(lua_State *L)
{
	struct moonheap_ctl_snapshot about;
	uint64_t max_age_ns = take_max_age_ns(L);
	int nnames = lua_gettop(L);

	tree_push_root(L); /* raises without a tree */
	lua_pop(L, 1);
	lua_pushliteral(L, "");
	for (int i = 1; i <= nnames; i++) {
		push_name(L, i);
		lua_concat(L, 2);
	}
	const char *names = lua_tostring(L, -1);
	size_t below = nnames == 1 ? components_of(names) : 0;
	const struct moonheap_ctl_value *values = push_values(L, names, max_age_ns, &about);

	if (nnames == 1 && is_leaf(context_of(L)->target, names)) {
		if (about.count > 0)
			push_scalar(L, &values[0]);
		else
			lua_pushnil(L); /* its feature is off */
		push_about(L, &about);
		return 2;
	}
	bool is_everything = names[strspn(names, " ")] == '\0';
	lua_newtable(L);
	for (size_t i = 0; i < about.count; i++) {
		budget_step(L, 10);
		/* That of the agent is nobody's business. */
		if (!is_everything || strncmp(values[i].row->path, "thread.", 7) != 0)
			put(L, &values[i], below);
	}
	push_about(L, &about);
	return 2;
}
