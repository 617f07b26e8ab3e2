/* ctl_read.h - short forms of the calls that tests of the control tree make. */
#ifndef TESTS_CORE_CTL_READ_H
#define TESTS_CORE_CTL_READ_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctl.h"
#include "expect.h"
#include "moonheap/ctl.h"

static inline void ctl_expect(int got, int wanted, const char *what)
{
	expect(got == wanted, "%s gives %d (%s), not %d", what, got, strerror(got), wanted);
}

/* Reads a value of sizeof(type) bytes that has to be there. */
#define CTL_READ(type, name)                                                                       \
	({                                                                                         \
		type value_;                                                                       \
		size_t length_ = sizeof(value_);                                                   \
		ctl_expect(ctl_by_name(name, &value_, &length_, NULL, 0), 0, name);                \
		value_;                                                                            \
	})

#define CTL_WRITE(type, name, value)                                                               \
	({                                                                                         \
		const type value_ = value;                                                         \
		ctl_by_name(name, NULL, NULL, &value_, sizeof(value_));                            \
	})

static inline int ctl_do(const char *name)
{
	return ctl_by_name(name, NULL, NULL, NULL, 0);
}

static inline void ctl_refresh(void)
{
	ctl_expect(CTL_WRITE(uint64_t, "epoch", 1), 0, "epoch");
}

/* "arena.7.purge" from "arena.%u.purge" and 7; good until the next call. */
static inline const char *ctl_named(const char *format, unsigned index)
{
	static char name[128];
	const char *hole = strstr(format, "%u");
	expect(hole != NULL, "no hole in %s", format);
	snprintf(name, sizeof(name), "%.*s%u%s", (int)(hole - format), format, index, hole + 2);
	return name;
}

#endif
