/* fake_ctl.h - a small allocator control tree for tests of the agent: the same exported functions
 * as the real one (mallctl*, moonheap_ctl_*), a dozen rows, and knobs to make it misbehave. */
#ifndef FAKE_CTL_H
#define FAKE_CTL_H

#include <stddef.h>
#include <stdint.h>

#define FAKE_NARENAS 3u

struct fake_ctl {
	_Atomic uint64_t nrefreshed;    /* writes of "epoch" */
	_Atomic uint64_t ncalls;        /* of mallctlbymib */
	_Atomic unsigned npurged;       /* arena.<arena>.purge */
	_Atomic unsigned ndestroyed;    /* arena.<arena>.destroy */
	_Atomic unsigned narenas;       /* live arenas */
	_Atomic unsigned purge_seconds; /* how long a purge takes */
	_Atomic long dirty_decay_ms;    /* of every arena */
};

extern struct fake_ctl fake_ctl;

void fake_ctl_reset(void);

#endif
