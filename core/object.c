#include "object.h"

#include "checked.h"
#include "guard.h"
#include "misuse.h"
#include "options.h"

#include <string.h>

#define JUNK_NEW 0xa5

void object_tell_foreign(const char *what, const void *p)
{
	const struct extent *extent = pagemap_lookup(p);
	if (extent != NULL && extent->is_guarded) {
		guard_tell_foreign(what, extent, p);
		return;
	}
	bool is_inside = extent != NULL && extent->state == PAGES_ACTIVE;
	bool is_held = extent != NULL && extent->is_held && extent_object(extent) == p;
	struct fmt *text = misuse_begin(is_held ? MISUSE_DOUBLE_FREE : MISUSE_INVALID_FREE);
	if (text == NULL)
		return;
	fmt_text(text, what);
	fmt_text(text, " of ");
	fmt_pointer(text, p);
	if (is_inside || is_held)
		misuse_tell_object(text, 0, extent_usable(extent), extent->arena);
	if (is_held)
		fmt_text(text, ", which was freed");
	else
		fmt_text(text,
			 is_inside ? ", which is inside an object and not its start: the program "
				     "passes a pointer that no allocation returned"
				   : ", which is not allocated: the program freed it twice, or it "
				     "never came from this allocator");
	misuse_end(text);
}

size_t object_usable(const void *p)
{
	struct extent *extent = pagemap_lookup(p);
	if (extent == NULL || extent->state != PAGES_ACTIVE)
		return 0;
	if (unlikely(checked_is_on()))
		return checked_size(extent, p, NULL);
	return extent_usable(extent);
}

void object_fill_new(void *p, size_t usable, bool zeroed)
{
	if (zeroed)
		return;
	if (options.zero)
		memset(p, 0, usable);
	else if (options.junk & JUNK_ALLOC)
		memset(p, JUNK_NEW, usable);
}
