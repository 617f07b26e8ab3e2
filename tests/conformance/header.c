/* header - prints what <jemalloc/jemalloc.h> says: flags, sizes, types, spellings. Compiled once
 * with our header and once with Debian's, the two programs must print the same (test_header.cmake).
 * Parts that no program could tell apart are left out: the commit of the version, names of
 * attributes. */
#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...)    TEXT_OF(__VA_ARGS__)

#ifdef je_malloc
#define JE_MALLOC TEXT(je_malloc)
#else
#define JE_MALLOC "not defined"
#endif
#ifdef malloc
#define PLAIN_MALLOC TEXT(malloc)
#else
#define PLAIN_MALLOC "not defined"
#endif

/* The hook table and its functions, as a program declares its own. */
static extent_alloc_t own_alloc;
static extent_dalloc_t own_dalloc;
static extent_destroy_t own_destroy;
static extent_commit_t own_commit;
static extent_decommit_t own_decommit;
static extent_purge_t own_purge;
static extent_split_t own_split;
static extent_merge_t own_merge;

static void *own_alloc(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
		       bool *zero, bool *commit, unsigned arena)
{
	return hooks != NULL && size + alignment + arena > 0 && *zero && *commit ? new_addr : NULL;
}

static bool own_dalloc(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
		       unsigned arena)
{
	return hooks != NULL && addr != NULL && size + arena > 0 && committed;
}

static void own_destroy(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			unsigned arena)
{
	own_dalloc(hooks, addr, size, committed, arena);
}

static bool own_commit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length,
		       unsigned arena)
{
	return own_dalloc(hooks, addr, size + offset + length, true, arena);
}

static bool own_decommit(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,
			 size_t length, unsigned arena)
{
	return own_commit(hooks, addr, size, offset, length, arena);
}

static bool own_purge(extent_hooks_t *hooks, void *addr, size_t size, size_t offset, size_t length,
		      unsigned arena)
{
	return own_commit(hooks, addr, size, offset, length, arena);
}

static bool own_split(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a, size_t size_b,
		      bool committed, unsigned arena)
{
	return own_dalloc(hooks, addr, size + size_a + size_b, committed, arena);
}

static bool own_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b,
		      size_t size_b, bool committed, unsigned arena)
{
	return own_dalloc(hooks, addr_a, size_a, committed, arena) && addr_b != NULL && size_b > 0;
}

static extent_hooks_t own_hooks = {own_alloc, own_dalloc, own_destroy, own_commit, own_decommit,
				   own_purge, own_purge,  own_split,   own_merge};

JEMALLOC_EXPORT int exported(void) JEMALLOC_NOTHROW;

JEMALLOC_EXPORT JEMALLOC_ATTR(unused)
JEMALLOC_NOINLINE JEMALLOC_COLD int exported(void)
{
	static char aligned JEMALLOC_ALIGNED(64);

	return aligned++ == 0;
}

int main(void)
{
	static const size_t alignments[] = {1,         2,         16,        24,
					    4096,      1ul << 30, 1ul << 31, 1ul << 32,
					    1ul << 40, 1ul << 62, 1ul << 63, 0};
	size_t i;
	int tcache, lg;
	unsigned arena;

	printf("version %d.%d.%d-%d\n", JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR,
	       JEMALLOC_VERSION_BUGFIX, JEMALLOC_VERSION_NREV);
	printf("version text %.9s, gid %zu letters, ident %zu letters\n", JEMALLOC_VERSION,
	       sizeof JEMALLOC_VERSION_GID - 1, sizeof TEXT(JEMALLOC_VERSION_GID_IDENT) - 1);
	printf("je_malloc %s, malloc %s\n", JE_MALLOC, PLAIN_MALLOC);
	printf("all %s destroyed %s\n", TEXT(MALLCTL_ARENAS_ALL), TEXT(MALLCTL_ARENAS_DESTROYED));
	for (i = 0; i < sizeof alignments / sizeof *alignments; i++)
		printf("align %zx: %x\n", alignments[i], (unsigned)MALLOCX_ALIGN(alignments[i]));
	for (lg = 0; lg < 63; lg += 3)
		printf("lg %d: %x\n", lg, (unsigned)MALLOCX_LG_ALIGN(lg));
	for (tcache = -1; tcache <= 4093; tcache += 409)
		printf("tcache %d: %x\n", tcache, (unsigned)MALLOCX_TCACHE(tcache));
	for (arena = 0; arena <= 4094; arena += 89)
		printf("arena %u: %x\n", arena, (unsigned)MALLOCX_ARENA(arena));
	printf("zero %x none %x\n", (unsigned)MALLOCX_ZERO, (unsigned)MALLOCX_TCACHE_NONE);
	printf("hooks %zu bytes, purge twice: %d\n", sizeof own_hooks,
	       own_hooks.purge_lazy == own_hooks.purge_forced);
	printf("types: %zu %zu %d\n", sizeof(mallocx(1, 0)), sizeof(nallocx(1, 0)), exported());
	return 0;
}
