#include "failing_source.h"

static struct failing_source *of(extent_hooks_t *hooks)
{
	return (struct failing_source *)(void *)hooks;
}

static bool fails(struct failing_source *source)
{
	unsigned long call = ++source->calls;
	bool fail = source->fail_at != 0 &&
		    (call == source->fail_at || (source->fail_on && call > source->fail_at));

	source->failed += fail;
	return fail;
}

static void *pass_alloc(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment,
			bool *zero, bool *commit, unsigned arena)
{
	extent_hooks_t *inner = of(hooks)->inner;

	return fails(of(hooks))
		       ? NULL
		       : inner->alloc(inner, new_addr, size, alignment, zero, commit, arena);
}

static bool pass_dalloc(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			unsigned arena)
{
	extent_hooks_t *inner = of(hooks)->inner;

	return fails(of(hooks)) || inner->dalloc(inner, addr, size, committed, arena);
}

static void pass_destroy(extent_hooks_t *hooks, void *addr, size_t size, bool committed,
			 unsigned arena)
{
	extent_hooks_t *inner = of(hooks)->inner;

	inner->destroy(inner, addr, size, committed, arena);
}

#define PASS_RANGE(name)                                                                           \
	static bool pass_##name(extent_hooks_t *hooks, void *addr, size_t size, size_t offset,     \
				size_t length, unsigned arena)                                     \
	{                                                                                          \
		extent_hooks_t *inner = of(hooks)->inner;                                          \
                                                                                                   \
		return fails(of(hooks)) || inner->name(inner, addr, size, offset, length, arena);  \
	}

PASS_RANGE(commit)
PASS_RANGE(decommit)
PASS_RANGE(purge_lazy)
PASS_RANGE(purge_forced)

static bool pass_split(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a, size_t size_b,
		       bool committed, unsigned arena)
{
	extent_hooks_t *inner = of(hooks)->inner;

	return fails(of(hooks)) ||
	       inner->split(inner, addr, size, size_a, size_b, committed, arena);
}

static bool pass_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b,
		       size_t size_b, bool committed, unsigned arena)
{
	extent_hooks_t *inner = of(hooks)->inner;

	return fails(of(hooks)) ||
	       inner->merge(inner, addr_a, size_a, addr_b, size_b, committed, arena);
}

void failing_source_init(struct failing_source *source, extent_hooks_t *inner)
{
	*source = (struct failing_source){
		.hooks = {pass_alloc, pass_dalloc, pass_destroy, pass_commit, pass_decommit,
			  pass_purge_lazy, pass_purge_forced, pass_split, pass_merge},
		.inner = inner,
	};
}

void failing_source_fail_at(struct failing_source *source, unsigned long nth, bool on)
{
	source->calls = 0;
	source->fail_at = nth;
	source->fail_on = on;
	source->failed = 0;
}
