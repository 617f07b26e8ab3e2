#include "thread_marks.h"

#include <errno.h>
#include <string.h>

#define OWN          MARKS_SHARED
#define OWN_INTERVAL ((uint64_t)64 << 10)

static struct marks_shared functions[MARKS_SHARED]; /* written before nfunctions counts them */
static uint32_t nfunctions;
static uint32_t nours; /* of them, those of core: the first, or none */

/* The nearest of all marks. */
static ALWAYS_RUN void find_next(struct thread_marks *marks)
{
	uint64_t allocated = UINT64_MAX;
	uint64_t freed = UINT64_MAX;
	for (unsigned i = 0; i <= OWN; i++) {
		if (i >= marks->seen && (i != OWN || marks->own.call == NULL))
			continue;
		if (marks->next[i].allocated < allocated)
			allocated = marks->next[i].allocated;
		if (marks->next[i].freed < freed)
			freed = marks->next[i].freed;
	}
	marks->allocated_at = allocated;
	shared_store(marks->freed_at, freed);
}

ALWAYS_RUN void marks_update(struct thread_marks *marks, uint64_t allocated, uint64_t freed)
{
	/* Pairs with marks_add(). */
	uint32_t n = __atomic_load_n(&nfunctions, __ATOMIC_ACQUIRE);
	for (; marks->seen < n; marks->seen++) {
		const struct marks_shared *f = &functions[marks->seen];
		marks->next[marks->seen].allocated = allocated + f->interval;
		marks->next[marks->seen].freed =
			f->is_alloc_only ? UINT64_MAX : freed + f->interval;
	}
	find_next(marks);
}

/* 0 until a mark was reached; then the bytes to the next one, the first that was not. */
static uint64_t pass(uint64_t *mark, uint64_t bytes, uint64_t interval)
{
	if (bytes < *mark)
		return 0;
	uint64_t passed = ((bytes - *mark) / interval + 1) * interval;
	*mark += passed;
	return passed;
}

void marks_reached(struct thread_marks *marks, uint64_t allocated, uint64_t freed)
{
	marks_update(marks, allocated, freed);
	if (marks->is_calling)
		return;
	int saved_errno = errno;
	marks->is_calling = true;
	for (unsigned i = 0; i < marks->seen; i++) {
		const struct marks_shared *f = &functions[i];
		uint64_t passed = pass(&marks->next[i].allocated, allocated, f->interval);
		if (passed != 0)
			f->call(true, i < nours ? passed : allocated, freed);
		if (!f->is_alloc_only && pass(&marks->next[i].freed, freed, f->interval) != 0)
			f->call(false, allocated, freed);
	}
	if (marks->own.call != NULL) {
		uint64_t due = pass(&marks->next[OWN].allocated, allocated, OWN_INTERVAL);
		due += pass(&marks->next[OWN].freed, freed, OWN_INTERVAL);
		if (due != 0)
			marks->own.call(marks->own.argument, allocated, freed);
	}
	marks->is_calling = false;
	find_next(marks);
	errno = saved_errno;
}

int marks_add(const struct marks_shared *shared)
{
	if (shared->call == NULL || shared->interval == 0)
		return EINVAL;
	for (uint32_t i = 0; i < nfunctions; i++)
		if (functions[i].call == shared->call &&
		    functions[i].interval == shared->interval &&
		    functions[i].is_alloc_only == shared->is_alloc_only)
			return 0;
	if (nfunctions - nours == MARKS_PROGRAM)
		return EINVAL;
	functions[nfunctions] = *shared;
	/* Pairs with marks_update(). */
	__atomic_store_n(&nfunctions, nfunctions + 1, __ATOMIC_RELEASE);
	return 0;
}

void marks_add_own(void (*call)(bool is_alloc, uint64_t bytes, uint64_t deallocated),
		   uint64_t interval)
{
	functions[0] =
		(struct marks_shared){.call = call, .interval = interval, .is_alloc_only = true};
	nours = 1;
	__atomic_store_n(&nfunctions, 1, __ATOMIC_RELEASE);
}

void marks_set_own(struct thread_marks *marks, const struct marks_own *own, uint64_t allocated,
		   uint64_t freed)
{
	marks->own = *own;
	marks->next[OWN].allocated = allocated + OWN_INTERVAL;
	marks->next[OWN].freed = freed + OWN_INTERVAL;
	marks_update(marks, allocated, freed);
}
