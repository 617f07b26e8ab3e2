#include "cfi_cursor.h"

#include <string.h>

uint64_t cfi_take_fixed(struct cfi_cursor *c, unsigned size)
{
	uint64_t value = 0;
	if ((size_t)(c->end - c->at) < size) {
		c->at = c->end;
		return 0;
	}
	memcpy(&value, c->at, size); /* little endian, as both machines are */
	c->at += size;
	return value;
}

uint64_t cfi_take_uleb(struct cfi_cursor *c)
{
	uint64_t value = 0;
	for (unsigned shift = 0; c->at < c->end; shift += 7) {
		uint8_t byte = *c->at++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

int64_t cfi_take_sleb(struct cfi_cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte = 0;
	while (c->at < c->end) {
		byte = *c->at++;
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
		if (!(byte & 0x80))
			break;
	}
	if (shift < 64 && (byte & 0x40))
		value |= ~(uint64_t)0 << shift;
	return (int64_t)value;
}

bool cfi_take_pointer(struct cfi_cursor *c, uint8_t encoding, uintptr_t *value)
{
	uintptr_t base = (encoding & 0x70) == CFI_POINTER_PCREL ? (uintptr_t)c->at : 0;
	if ((encoding & 0x70) != CFI_POINTER_PCREL && (encoding & 0x70) != 0)
		return false;
	switch (encoding & CFI_POINTER_FORMAT) {
	case 0x00: /* an address */
	case 0x04:
	case 0x0c:
		*value = base + (uintptr_t)cfi_take_fixed(c, 8);
		return true;
	case 0x03:
		*value = base + (uintptr_t)cfi_take_fixed(c, 4);
		return true;
	case 0x0b:
		*value = base + (uintptr_t)(int32_t)cfi_take_fixed(c, 4);
		return true;
	default:
		return false;
	}
}
