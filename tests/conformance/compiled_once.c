/* compiled_once - a program as its author wrote it for jemalloc: compiled with Debian's header and
 * linked with -ljemalloc, it knows nothing of Moonheap. Its output has to be the same on both
 * libraries (test_compiled_once.cmake); what may differ, addresses and sums, it only judges.
 */
#include <jemalloc/jemalloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const char *what, bool yes)
{
	printf("%s: %s\n", what, yes ? "yes" : "no");
}

static void sizes(void)
{
	static const size_t asked[] = {1, 8, 100, 1000, 14336, 14337, 100000, (size_t)5 << 20};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		void *p = mallocx(asked[i], MALLOCX_LG_ALIGN(4) | MALLOCX_ZERO);
		size_t usable = sallocx(p, 0);
		printf("%zu: nallocx %zu, sallocx %zu, malloc_usable_size %zu, aligned %d, zero "
		       "%d\n",
		       asked[i], nallocx(asked[i], MALLOCX_LG_ALIGN(4)), usable,
		       malloc_usable_size(p), ((uintptr_t)p & 15) == 0,
		       ((unsigned char *)p)[asked[i] - 1] == 0);
		memset(p, 3, asked[i]);
		p = rallocx(p, 2 * asked[i], 0);
		say("contents stay", ((unsigned char *)p)[asked[i] - 1] == 3);
		say("its size is what it is said to be",
		    xallocx(p, asked[i], 0, 0) == sallocx(p, 0));
		sdallocx(p, sallocx(p, 0), 0);
	}
	for (int lg = 4; lg <= 21; lg++) {
		void *p = mallocx(10, MALLOCX_LG_ALIGN(lg)),
		     *q = aligned_alloc((size_t)1 << lg, 10);
		say("alignment", (((uintptr_t)p | (uintptr_t)q) & (((size_t)1 << lg) - 1)) == 0);
		dallocx(p, MALLOCX_ALIGN((size_t)1 << lg));
		free(q);
	}
	volatile size_t too_much = SIZE_MAX / 2 + 1;
	say("too much", mallocx(too_much, 0) == NULL);
}

/* A word of the control tree that is a size_t. */
static size_t number(const char *name)
{
	size_t value = 0, size = sizeof value;
	int error = mallctl(name, &value, &size, NULL, 0);
	if (error != 0)
		printf("%s: error %d\n", name, error);
	return value;
}

static void arenas(void)
{
	unsigned arena, cache;
	size_t size = sizeof arena, mib[4], length = 4;
	uint64_t epoch = 1;
	char name[64];
	static void *objects[1000];

	printf("arenas.create %d\n", mallctl("arenas.create", &arena, &size, NULL, 0));
	printf("tcache.create %d\n", mallctl("tcache.create", &cache, &size, NULL, 0));
	for (size_t i = 0; i < 1000; i++)
		objects[i] = mallocx(200, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
	snprintf(name, sizeof name, "stats.arenas.%u.small.allocated", arena);
	printf("allocated %zu\n", number(name));
	printf("nametomib %d\n", mallctlnametomib("arenas.bin.0.size", mib, &length));
	for (mib[2] = 0; mib[2] < 36; mib[2]++) {
		size_t bin = 0;
		size = sizeof bin;
		mallctlbymib(mib, length, &bin, &size, NULL, 0);
		printf("%zu ", bin);
	}
	printf("\n");
	for (size_t i = 0; i < 1000; i++)
		dallocx(objects[i], MALLOCX_TCACHE(cache));
	printf("flush %d\n", mallctl("tcache.flush", NULL, NULL, &cache, sizeof cache));
	printf("destroy %d\n", mallctl("tcache.destroy", NULL, NULL, &cache, sizeof cache));
	snprintf(name, sizeof name, "arena.%u.reset", arena);
	printf("reset %d\n", mallctl(name, NULL, NULL, NULL, 0));
	snprintf(name, sizeof name, "arena.%u.destroy", arena);
	printf("destroy %d\n", mallctl(name, NULL, NULL, NULL, 0));
	printf("unknown %d\n", mallctl("no.such.name", NULL, NULL, NULL, 0));
}

static void count(void *lines, const char *text)
{
	for (; *text != '\0'; text++)
		*(size_t *)lines += *text == '\n';
}

static extent_hooks_t *default_hooks;
static unsigned hook_calls;

static void *own_alloc(extent_hooks_t *hooks, void *address, size_t size, size_t alignment,
		       bool *zero, bool *commit, unsigned arena)
{
	hook_calls += hooks != NULL;
	return default_hooks->alloc(default_hooks, address, size, alignment, zero, commit, arena);
}

static void own_hooks(void)
{
	static extent_hooks_t hooks, *table = &hooks;
	size_t size = sizeof default_hooks;
	unsigned arena;

	printf("hooks %d\n", mallctl("arena.0.extent_hooks", &default_hooks, &size, NULL, 0));
	hooks = *default_hooks;
	hooks.alloc = own_alloc;
	size = sizeof arena;
	printf("create %d\n", mallctl("arenas.create", &arena, &size, &table, sizeof table));
	void *p = mallocx(3 << 20, MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
	say("asked the hooks", p != NULL && hook_calls > 0);
	dallocx(p, MALLOCX_TCACHE_NONE);
}

int main(void)
{
	size_t lines = 0;

	sizes();
	arenas();
	own_hooks();
	malloc_stats_print(count, &lines, "gmdablxeh");
	printf("lines of the report: %zu\n", lines);
	return 0;
}
