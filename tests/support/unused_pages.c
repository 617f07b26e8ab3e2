#include "unused_pages.h"
#include "boot.h"
#include "expect.h"
#include "os.h"
#include <unistd.h>

struct arena *unused_pages_arena(ssize_t dirty_ms)
{
	unsigned index;

	expect(boot_ensure() && arenas_create(NULL, NULL, &index) == 0, "no arena");
	expect(arena_set_decay_ms(arenas_get(index), PAGES_DIRTY, dirty_ms) == 0, "decay");
	return arenas_get(index);
}

void unused_pages_make(struct arena *arena, size_t npages)
{
	struct extent *extent = pages_alloc(&arena->pages, npages * os_page, 0, false);

	expect(extent != NULL, "no memory");
	pages_dalloc(&arena->pages, extent);
}

size_t unused_pages_dirty(struct arena *arena)
{
	lock_take(&arena->pages.lock);
	size_t npages = arena->pages.sets[PAGES_DIRTY].npages + arena->pages.nrecent +
			arena->pages.in_transit;
	lock_drop(&arena->pages.lock);
	return npages;
}

bool unused_pages_go_within(struct arena *arena, unsigned ms)
{
	for (unsigned waited = 0; waited < ms && unused_pages_dirty(arena) != 0; waited += 10)
		usleep(10000);
	return unused_pages_dirty(arena) == 0;
}
