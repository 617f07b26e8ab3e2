/* value.h - a value of the control tree in C, and as text with its unit. */
#ifndef MOONHEAP_LUA_VALUE_H
#define MOONHEAP_LUA_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <moonheap/ctl.h>

#include "sink.h"

union value {
	bool boolean;
	unsigned number;
	uint32_t uint32;
	uint64_t uint64;
	int64_t int64;
	size_t size;
	ssize_t ssize;
	const char *string;
	void *pointer;
};

/* Is it one of the integer types? Then value_integer gives it; *beyond is set when it is a number
 * above INT64_MAX. */
bool value_is_integer(enum moonheap_ctl_type type);
int64_t value_integer(enum moonheap_ctl_type type, const union value *value, bool *beyond);

/* The bare value: 4096, true, "text" without quotes. */
void value_put(struct sink *sink, enum moonheap_ctl_type type, const union value *value);

/* What a unit adds to a value at the prompt: " B (11.8 MiB)", " ms", " pages". */
void value_put_unit(struct sink *sink, enum moonheap_ctl_unit unit, int64_t number);

/* 12345678 as "11.8 MiB", 999 as "999 B". */
void value_put_bytes(struct sink *sink, double bytes);

const char *value_type_word(enum moonheap_ctl_type type);            /* "size_t" */
const char *value_unit_word(enum moonheap_ctl_unit unit);            /* "bytes", "" for none */
const char *value_freshness_words(enum moonheap_ctl_freshness when); /* "fixed at start" */

#endif
