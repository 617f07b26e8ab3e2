/* api_stats.c - malloc_stats_print(), for whoever links or preloads the library. */
#include "build.h"
#include "moonheap/moonheap.h"
#include "stats_print.h"

EXPORT void API(malloc_stats_print)(void (*write_cb)(void *opaque, const char *text),
				    void *cbopaque, const char *opts)
{
	stats_print(write_cb, cbopaque, opts);
}
