#include "cfi_entry.h"

#include <string.h>

static bool take_length(struct cfi_cursor *c)
{
	uint64_t length = cfi_take_fixed(c, 4);
	if (length == 0 || length == UINT32_MAX || length > (uint64_t)(c->end - c->at))
		return false;
	c->end = c->at + length;
	return true;
}

/* Nothing says where the table ends; an entry has its length. */
static struct cfi_cursor from(const uint8_t *at)
{
	return (struct cfi_cursor){at, at + UINT32_MAX};
}

static bool read_common(const uint8_t *at, struct cfi_common *common)
{
	struct cfi_cursor c = from(at);
	if (!take_length(&c) || cfi_take_fixed(&c, 4) != 0)
		return false;
	uint64_t version = cfi_take_fixed(&c, 1);
	const char *extra = (const char *)c.at;
	c.at += strlen(extra) + 1;
	common->code_factor = cfi_take_uleb(&c);
	common->data_factor = cfi_take_sleb(&c);
	common->return_address = version == 1 ? cfi_take_fixed(&c, 1) : cfi_take_uleb(&c);
	common->encoding = 0;
	common->is_signal_frame = false;
	common->has_extra = extra[0] == 'z';
	if (extra[0] != 'z' && extra[0] != '\0')
		return false;
	if (common->has_extra) {
		uint64_t length = cfi_take_uleb(&c);
		const uint8_t *program = c.at + length;
		for (extra++; *extra != '\0'; extra++) {
			uintptr_t unused;
			uint8_t encoding;
			switch (*extra) {
			case 'R':
				common->encoding = (uint8_t)cfi_take_fixed(&c, 1);
				break;
			case 'P':
				encoding = (uint8_t)cfi_take_fixed(&c, 1);
				if (!cfi_take_pointer(&c, encoding & 0x7f, &unused))
					return false;
				break;
			case 'L':
				cfi_take_fixed(&c, 1);
				break;
			case 'S':
				common->is_signal_frame = true;
				break;
			case 'B': /* how return addresses are signed */
				break;
			default:
				return false;
			}
		}
		c.at = program;
	}
	common->program = c;
	return c.at <= c.end;
}

static bool read_entry(const uint8_t *at, uintptr_t pc, struct cfi_entry *entry)
{
	struct cfi_cursor c = from(at);
	uintptr_t length;
	if (!take_length(&c))
		return false;
	const uint8_t *here = c.at;
	uint64_t back = cfi_take_fixed(&c, 4);
	if (back == 0 || !read_common(here - back, &entry->common) ||
	    !cfi_take_pointer(&c, entry->common.encoding & 0x7f, &entry->start) ||
	    !cfi_take_pointer(&c, entry->common.encoding & CFI_POINTER_FORMAT, &length))
		return false;
	if (pc < entry->start || pc - entry->start >= length)
		return false;
	if (entry->common.has_extra) {
		uint64_t extra = cfi_take_uleb(&c);
		c.at += extra;
	}
	entry->program = c;
	return c.at <= c.end;
}

/* The table is sorted by code; both columns are 32 bit from its own beginning. */
static const uint8_t *find_entry(const uint8_t *header, uintptr_t pc)
{
	struct row {
		int32_t code;
		int32_t entry;
	};
	if (header[0] != 1 || header[2] != 0x03 || header[3] != 0x3b)
		return NULL;
	struct cfi_cursor c = from(header + 4);
	uintptr_t unused;
	if (!cfi_take_pointer(&c, header[1], &unused))
		return NULL;
	size_t count = (size_t)cfi_take_fixed(&c, 4);
	const struct row *rows = (const struct row *)(const void *)c.at;
	size_t low = 0;
	while (low < count) { /* rows below low begin at or before pc */
		size_t middle = low + (count - low) / 2;
		if ((uintptr_t)header + (uintptr_t)rows[middle].code <= pc)
			low = middle + 1;
		else
			count = middle;
	}
	return low > 0 ? header + rows[low - 1].entry : NULL;
}

bool cfi_entry_find(const void *eh_frame_hdr, uintptr_t pc, struct cfi_entry *entry)
{
	const uint8_t *found = find_entry(eh_frame_hdr, pc);
	return found != NULL && read_entry(found, pc, entry);
}
