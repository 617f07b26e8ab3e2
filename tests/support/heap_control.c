#include "heap_under_test.h"
#include "expect.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void get(const char *name, void *value, size_t size)
{
	size_t length = size;
	int error = H(mallctl)(name, value, &length, NULL, 0);

	expect(error == 0, "reading %s: %s", name, strerror(error));
	expect(length == size, "reading %s: %zu bytes, expected %zu", name, length, size);
}

static void set(const char *name, void *value, size_t size)
{
	int error = H(mallctl)(name, NULL, NULL, value, size);

	expect(error == 0, "writing %s: %s", name, strerror(error));
}

bool heap_get_bool(const char *name)
{
	bool value = false;

	get(name, &value, sizeof value);
	return value;
}

unsigned heap_get_unsigned(const char *name)
{
	unsigned value = 0;

	get(name, &value, sizeof value);
	return value;
}

size_t heap_get_size(const char *name)
{
	size_t value = 0;

	get(name, &value, sizeof value);
	return value;
}

ssize_t heap_get_ssize(const char *name)
{
	ssize_t value = 0;

	get(name, &value, sizeof value);
	return value;
}

void heap_set_bool(const char *name, bool value)
{
	set(name, &value, sizeof value);
}

void heap_set_unsigned(const char *name, unsigned value)
{
	set(name, &value, sizeof value);
}

void heap_set_ssize(const char *name, ssize_t value)
{
	set(name, &value, sizeof value);
}

void heap_call(const char *name)
{
	int error = H(mallctl)(name, NULL, NULL, NULL, 0);

	expect(error == 0, "calling %s: %s", name, strerror(error));
}

void heap_refresh(void)
{
	uint64_t epoch = 1;

	set("epoch", &epoch, sizeof epoch);
}

size_t heap_stat(const char *name)
{
	heap_refresh();
	return heap_get_size(name);
}

void *heap_opaque(void *ptr)
{
	void *volatile hidden = ptr;

	return hidden;
}

static void arena_name(char *name, size_t size, unsigned arena, const char *leaf)
{
	snprintf(name, size, "arena.%u.%s", arena, leaf);
}

void heap_arena_call(unsigned arena, const char *leaf)
{
	char name[64];

	arena_name(name, sizeof name, arena, leaf);
	heap_call(name);
}

void heap_arena_set_ssize(unsigned arena, const char *leaf, ssize_t value)
{
	char name[64];

	arena_name(name, sizeof name, arena, leaf);
	heap_set_ssize(name, value);
}

unsigned heap_arena_create(extent_hooks_t *hooks)
{
	unsigned arena = 0;
	size_t length = sizeof arena;
	int error = H(mallctl)("arenas.create", &arena, &length, hooks ? (void *)&hooks : NULL,
			       hooks ? sizeof(hooks) : 0);

	expect(error == 0, "arenas.create: %s", strerror(error));
	return arena;
}

void *heap_arena_alloc(unsigned arena, size_t size)
{
	void *p = H(mallocx)(size, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	expect(p != NULL, "no memory for %zu bytes", size);
	return p;
}

unsigned heap_arena_of(void *ptr)
{
	unsigned arena = 0;
	size_t length = sizeof arena;
	int error = H(mallctl)("arenas.lookup", &arena, &length, (void *)&ptr, sizeof ptr);

	expect(error == 0, "arenas.lookup of %p: %s", ptr, strerror(error));
	return arena;
}

unsigned heap_tcache_create(void)
{
	return heap_get_unsigned("tcache.create");
}

void heap_tcache_call(const char *action, unsigned tcache)
{
	char name[32];

	snprintf(name, sizeof name, "tcache.%s", action);
	heap_set_unsigned(name, tcache);
}
