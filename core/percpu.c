#include "percpu.h"

#include "host.h"
#include "message.h"
#include "warning.h"

#include <stdlib.h>

static unsigned narenas; /* constant after boot */

unsigned percpu_boot(void)
{
	static bool told_odd;
	if (!percpu_is_on())
		return 0;
	unsigned cpus = host_cpus_most();
	if (host_cpu() < 0) {
		warning_of_option("No getcpu support", "percpu_arena");
		if (options.abort)
			abort();
		options.percpu_arena = PERCPU_DISABLED;
		return 0;
	}
	if (options.percpu_arena == PERCPU_PHYCPU && cpus > 1 && cpus % 2 != 0) {
		warning_once(&told_odd, MESSAGE_PREFIX_OURS
			     "percpu_arena:phycpu: the number of processors is odd; the last one "
			     "has an arena of its own\n");
		cpus++;
	}
	narenas = options.percpu_arena == PERCPU_PHYCPU && cpus > 1 ? cpus / 2 : cpus;
	if (narenas > NARENAS_LIMIT)
		narenas = NARENAS_LIMIT;
	return narenas;
}

unsigned percpu_index_of(unsigned cpu)
{
	return cpu % narenas;
}

unsigned percpu_index(void)
{
	int cpu = host_cpu();
	return cpu >= 0 ? percpu_index_of((unsigned)cpu) : 0;
}
