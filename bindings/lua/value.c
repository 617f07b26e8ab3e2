#include "value.h"

#include <inttypes.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const type_words[] = {
	[MOONHEAP_CTL_NONE] = "nothing",      [MOONHEAP_CTL_BOOL] = "bool",
	[MOONHEAP_CTL_UNSIGNED] = "unsigned", [MOONHEAP_CTL_UINT32] = "uint32_t",
	[MOONHEAP_CTL_UINT64] = "uint64_t",   [MOONHEAP_CTL_INT64] = "int64_t",
	[MOONHEAP_CTL_SIZE] = "size_t",       [MOONHEAP_CTL_SSIZE] = "ssize_t",
	[MOONHEAP_CTL_STRING] = "string",     [MOONHEAP_CTL_POINTER] = "pointer",
	[MOONHEAP_CTL_STRUCT] = "structure",
};

/* what the unit is called, what it adds to a number */
static const struct unit_words {
	const char *word, *suffix;
} unit_words[] = {
	[MOONHEAP_CTL_UNIT_NONE] = {"", ""},
	[MOONHEAP_CTL_UNIT_BYTES] = {"bytes", " B"},
	[MOONHEAP_CTL_UNIT_PAGES] = {"pages", " pages"},
	[MOONHEAP_CTL_UNIT_MS] = {"milliseconds", " ms"},
	[MOONHEAP_CTL_UNIT_NS] = {"nanoseconds", " ns"},
	[MOONHEAP_CTL_UNIT_COUNT] = {"count", ""},
};

static const char *const freshness_words[] = {
	[MOONHEAP_CTL_CONST] = "fixed at start",
	[MOONHEAP_CTL_LIVE] = "taken at the call",
	[MOONHEAP_CTL_CACHED] = "from the statistics snapshot (refreshed when older than 100 ms)",
};

const char *value_type_word(enum moonheap_ctl_type type)
{
	return type < COUNT(type_words) ? type_words[type] : "unknown";
}

const char *value_unit_word(enum moonheap_ctl_unit unit)
{
	return unit < COUNT(unit_words) ? unit_words[unit].word : "";
}

const char *value_freshness_words(enum moonheap_ctl_freshness when)
{
	return when < COUNT(freshness_words) ? freshness_words[when] : "";
}

bool value_is_integer(enum moonheap_ctl_type type)
{
	switch (type) {
	case MOONHEAP_CTL_UNSIGNED:
	case MOONHEAP_CTL_UINT32:
	case MOONHEAP_CTL_UINT64:
	case MOONHEAP_CTL_INT64:
	case MOONHEAP_CTL_SIZE:
	case MOONHEAP_CTL_SSIZE:
		return true;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_BOOL:
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_STRUCT:
		break;
	}
	return false;
}

int64_t value_integer(enum moonheap_ctl_type type, const union value *value, bool *beyond)
{
	uint64_t wide;

	*beyond = false;
	switch (type) {
	case MOONHEAP_CTL_UNSIGNED:
		return value->number;
	case MOONHEAP_CTL_UINT32:
		return value->uint32;
	case MOONHEAP_CTL_INT64:
		return value->int64;
	case MOONHEAP_CTL_SSIZE:
		return value->ssize;
	case MOONHEAP_CTL_UINT64:
		wide = value->uint64;
		break;
	case MOONHEAP_CTL_SIZE:
		wide = value->size;
		break;
	case MOONHEAP_CTL_BOOL:
		return value->boolean;
	case MOONHEAP_CTL_NONE:
	case MOONHEAP_CTL_STRING:
	case MOONHEAP_CTL_POINTER:
	case MOONHEAP_CTL_STRUCT:
	default: /* a newer allocator's type */
		return 0;
	}
	*beyond = wide > INT64_MAX;
	return (int64_t)wide;
}

void value_put(struct sink *sink, enum moonheap_ctl_type type, const union value *value)
{
	bool beyond;

	if (value_is_integer(type)) {
		int64_t number = value_integer(type, value, &beyond);
		if (beyond)
			sink_printf(sink, "%" PRIu64, (uint64_t)number);
		else
			sink_printf(sink, "%" PRId64, number);
	} else if (type == MOONHEAP_CTL_BOOL) {
		sink_puts(sink, value->boolean ? "true" : "false");
	} else if (type == MOONHEAP_CTL_STRING) {
		sink_puts(sink, value->string != NULL ? value->string : "");
	} else if (type == MOONHEAP_CTL_POINTER) {
		sink_printf(sink, "%p", value->pointer);
	}
}

void value_put_bytes(struct sink *sink, double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;
	double magnitude = bytes < 0 ? -bytes : bytes;

	/* 1023.95 would print as 1024.0 */
	while (magnitude >= (unit == 0 ? 1024.0 : 1023.95) && unit + 1 < COUNT(units)) {
		magnitude /= 1024;
		bytes /= 1024;
		unit++;
	}
	sink_printf(sink, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
}

void value_put_unit(struct sink *sink, enum moonheap_ctl_unit unit, int64_t number)
{
	if (unit >= COUNT(unit_words))
		return;
	sink_puts(sink, unit_words[unit].suffix);
	if (unit == MOONHEAP_CTL_UNIT_BYTES && (number >= 1024 || number <= -1024)) {
		sink_puts(sink, " (");
		value_put_bytes(sink, (double)number);
		sink_char(sink, ')');
	}
}
