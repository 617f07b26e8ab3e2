#include "cfi.h"

#include <string.h>

#include "bits.h"

/* ---- reading a table ---- */

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
};

static uint64_t take_fixed(struct cursor *c, unsigned size)
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

static uint64_t take_uleb(struct cursor *c)
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

static int64_t take_sleb(struct cursor *c)
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

/* How a pointer is written: the format, and what it counts from. */
#define POINTER_FORMAT 0x0f
#define POINTER_PCREL  0x10
#define POINTER_OMIT   0xff

static bool take_pointer(struct cursor *c, uint8_t encoding, uintptr_t *value)
{
	uintptr_t base = (encoding & 0x70) == POINTER_PCREL ? (uintptr_t)c->at : 0;
	if ((encoding & 0x70) != POINTER_PCREL && (encoding & 0x70) != 0)
		return false;
	switch (encoding & POINTER_FORMAT) {
	case 0x00: /* an address */
	case 0x04:
	case 0x0c:
		*value = base + (uintptr_t)take_fixed(c, 8);
		return true;
	case 0x03:
		*value = base + (uintptr_t)take_fixed(c, 4);
		return true;
	case 0x0b:
		*value = base + (uintptr_t)(int32_t)take_fixed(c, 4);
		return true;
	default:
		return false;
	}
}

/* ---- the entry for a place of code ---- */

/* What the programs of several functions have in common. */
struct common {
	uint64_t code_factor;
	int64_t data_factor;
	uint64_t return_address;
	uint8_t encoding; /* of pointers to code */
	bool has_extra;
	bool is_signal_frame;
	struct cursor program;
};

struct entry {
	struct common common;
	uintptr_t start;
	struct cursor program;
};

static bool take_length(struct cursor *c)
{
	uint64_t length = take_fixed(c, 4);
	if (length == 0 || length == UINT32_MAX || length > (uint64_t)(c->end - c->at))
		return false;
	c->end = c->at + length;
	return true;
}

/* Nothing says where the table ends; an entry has its length. */
static struct cursor from(const uint8_t *at)
{
	return (struct cursor){at, at + UINT32_MAX};
}

static bool read_common(const uint8_t *at, struct common *common)
{
	struct cursor c = from(at);
	if (!take_length(&c) || take_fixed(&c, 4) != 0)
		return false;
	uint64_t version = take_fixed(&c, 1);
	const char *extra = (const char *)c.at;
	c.at += strlen(extra) + 1;
	common->code_factor = take_uleb(&c);
	common->data_factor = take_sleb(&c);
	common->return_address = version == 1 ? take_fixed(&c, 1) : take_uleb(&c);
	common->encoding = 0;
	common->is_signal_frame = false;
	common->has_extra = extra[0] == 'z';
	if (extra[0] != 'z' && extra[0] != '\0')
		return false;
	if (common->has_extra) {
		uint64_t length = take_uleb(&c);
		const uint8_t *program = c.at + length;
		for (extra++; *extra != '\0'; extra++) {
			uintptr_t unused;
			uint8_t encoding;
			switch (*extra) {
			case 'R':
				common->encoding = (uint8_t)take_fixed(&c, 1);
				break;
			case 'P':
				encoding = (uint8_t)take_fixed(&c, 1);
				if (!take_pointer(&c, encoding & 0x7f, &unused))
					return false;
				break;
			case 'L':
				take_fixed(&c, 1);
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

static bool read_entry(const uint8_t *at, uintptr_t pc, struct entry *entry)
{
	struct cursor c = from(at);
	uintptr_t length;
	if (!take_length(&c))
		return false;
	const uint8_t *here = c.at;
	uint64_t back = take_fixed(&c, 4);
	if (back == 0 || !read_common(here - back, &entry->common) ||
	    !take_pointer(&c, entry->common.encoding & 0x7f, &entry->start) ||
	    !take_pointer(&c, entry->common.encoding & POINTER_FORMAT, &length))
		return false;
	if (pc < entry->start || pc - entry->start >= length)
		return false;
	if (entry->common.has_extra) {
		uint64_t extra = take_uleb(&c);
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
	struct cursor c = from(header + 4);
	uintptr_t unused;
	if (!take_pointer(&c, header[1], &unused))
		return NULL;
	size_t count = (size_t)take_fixed(&c, 4);
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

/* ---- expressions ---- */

#define EXPRESSION_DEPTH 16

struct reader {
	cfi_read_fn *read;
	void *opaque;
};

static bool apply(uint8_t op, uint64_t *stack, unsigned *n)
{
	if (*n < 2)
		return false;
	uint64_t b = stack[--*n];
	uint64_t a = stack[*n - 1];
	uint64_t r;
	switch (op) {
	case 0x1a:
		r = a & b;
		break;
	case 0x1c:
		r = a - b;
		break;
	case 0x1e:
		r = a * b;
		break;
	case 0x21:
		r = a | b;
		break;
	case 0x22:
		r = a + b;
		break;
	case 0x24:
		r = b < 64 ? a << b : 0;
		break;
	case 0x25:
		r = b < 64 ? a >> b : 0;
		break;
	case 0x27:
		r = a ^ b;
		break;
	case 0x29:
		r = a == b;
		break;
	case 0x2a:
		r = (int64_t)a >= (int64_t)b;
		break;
	case 0x2b:
		r = (int64_t)a > (int64_t)b;
		break;
	case 0x2c:
		r = (int64_t)a <= (int64_t)b;
		break;
	case 0x2d:
		r = (int64_t)a < (int64_t)b;
		break;
	case 0x2e:
		r = a != b;
		break;
	default:
		return false;
	}
	stack[*n - 1] = r;
	return true;
}

/* first: what the stack holds at the beginning, NULL for nothing. */
static bool evaluate(struct cursor c, const struct cfi_frame *frame, const uintptr_t *first,
		     struct reader reader, uintptr_t *result)
{
	uint64_t stack[EXPRESSION_DEPTH];
	unsigned n = 0;
	if (first != NULL)
		stack[n++] = *first;
	while (c.at < c.end) {
		uint8_t op = *c.at++;
		uint64_t push;
		if (n == EXPRESSION_DEPTH)
			return false;
		if (op >= 0x30 && op <= 0x4f) { /* a small number */
			push = op - 0x30u;
		} else if (op >= 0x70 && op <= 0x8f) { /* a register and an offset */
			unsigned r = op - 0x70u;
			uint64_t value = 0;
			if (r == CFI_RETURN_ADDRESS)
				value = frame->pc;
			else if (r < CFI_REGISTERS && (frame->known >> r & 1))
				value = frame->registers[r];
			else
				return false;
			push = value + (uint64_t)take_sleb(&c);
		} else if (op >= 0x08 && op <= 0x0f) { /* 1, 2, 4, 8 bytes, unsigned and signed */
			unsigned size = 1u << ((op - 0x08u) / 2);
			push = take_fixed(&c, size);
			if ((op & 1) && size < 8 && (push >> (8 * size - 1) & 1))
				push |= ~(uint64_t)0 << (8 * size);
		} else if (op == 0x10) {
			push = take_uleb(&c);
		} else if (op == 0x11) {
			push = (uint64_t)take_sleb(&c);
		} else if (op == 0x12 && n > 0) {
			push = stack[n - 1];
		} else if (op == 0x06 && n > 0) {
			uintptr_t word;
			if (!reader.read(stack[--n], &word, reader.opaque))
				return false;
			push = word;
		} else if (op == 0x23 && n > 0) {
			push = stack[--n] + take_uleb(&c);
		} else {
			if (!apply(op, stack, &n))
				return false;
			continue;
		}
		stack[n++] = push;
	}
	*result = n > 0 ? stack[n - 1] : 0;
	return n > 0;
}

/* ---- programs ---- */

enum rule { SAME, UNDEFINED, SAVED_AT, VALUE_AT, IN_REGISTER, SAVED_BY, VALUE_BY };

struct rules {
	struct {
		uint8_t rule; /* enum rule */
		union {
			int64_t offset; /* from the CFA */
			uint64_t other;
			struct cursor expression;
		} by;
	} registers[CFI_REGISTERS];
	uint64_t cfa_register;
	int64_t cfa_offset;
	struct cursor cfa_expression;
	bool cfa_by_expression;
};

#define REMEMBERED 4

static struct cursor take_block(struct cursor *c)
{
	uint64_t length = take_uleb(c);
	struct cursor block = {c->at, c->at + length};
	if (length > (uint64_t)(c->end - c->at))
		block.end = block.at = c->end;
	c->at = block.end;
	return block;
}

static void set_rule(struct rules *rules, uint64_t r, enum rule rule, int64_t offset)
{
	if (r >= CFI_REGISTERS)
		return; /* a register that is of no use for finding the caller */
	rules->registers[r].rule = (uint8_t)rule;
	rules->registers[r].by.offset = offset;
}

static void set_expression(struct rules *rules, uint64_t r, enum rule rule, struct cursor block)
{
	if (r >= CFI_REGISTERS)
		return;
	rules->registers[r].rule = (uint8_t)rule;
	rules->registers[r].by.expression = block;
}

static void restore(struct rules *rules, const struct rules *initial, uint64_t r)
{
	if (r < CFI_REGISTERS)
		rules->registers[r] = initial->registers[r];
}

/* Runs a program up to a place of code. */
static bool run(struct cursor c, const struct common *common, uintptr_t at, uintptr_t pc,
		struct rules *rules, const struct rules *initial)
{
	struct rules remembered[REMEMBERED];
	unsigned nremembered = 0;
	int64_t factor = common->data_factor;

	while (c.at < c.end && at <= pc) {
		uint8_t op = *c.at++;
		uint64_t low = op & 0x3fu;
		uint64_t r;
		switch (op & 0xc0u) {
		case 0x40:
			at += low * common->code_factor;
			continue;
		case 0x80:
			set_rule(rules, low, SAVED_AT, (int64_t)take_uleb(&c) * factor);
			continue;
		case 0xc0:
			restore(rules, initial, low);
			continue;
		default:
			break;
		}
		switch (op) {
		case 0x00: /* nothing */
		case 0x2d: /* how the return address is signed: see strip() */
			break;
		case 0x01:
			if (!take_pointer(&c, common->encoding & 0x7f, &at))
				return false;
			break;
		case 0x02:
		case 0x03:
		case 0x04:
			at += take_fixed(&c, 1u << (op - 2)) * common->code_factor;
			break;
		case 0x05:
			r = take_uleb(&c);
			set_rule(rules, r, SAVED_AT, (int64_t)take_uleb(&c) * factor);
			break;
		case 0x06:
			restore(rules, initial, take_uleb(&c));
			break;
		case 0x07:
			set_rule(rules, take_uleb(&c), UNDEFINED, 0);
			break;
		case 0x08:
			set_rule(rules, take_uleb(&c), SAME, 0);
			break;
		case 0x09:
			r = take_uleb(&c);
			set_rule(rules, r, IN_REGISTER, (int64_t)take_uleb(&c));
			break;
		case 0x0a:
			if (nremembered == REMEMBERED)
				return false;
			remembered[nremembered++] = *rules;
			break;
		case 0x0b:
			if (nremembered == 0)
				return false;
			*rules = remembered[--nremembered];
			break;
		case 0x0c:
			rules->cfa_register = take_uleb(&c);
			rules->cfa_offset = (int64_t)take_uleb(&c);
			rules->cfa_by_expression = false;
			break;
		case 0x0d:
			rules->cfa_register = take_uleb(&c);
			rules->cfa_by_expression = false;
			break;
		case 0x0e:
			rules->cfa_offset = (int64_t)take_uleb(&c);
			break;
		case 0x0f:
			rules->cfa_expression = take_block(&c);
			rules->cfa_by_expression = true;
			break;
		case 0x10:
			r = take_uleb(&c);
			set_expression(rules, r, SAVED_BY, take_block(&c));
			break;
		case 0x11:
			r = take_uleb(&c);
			set_rule(rules, r, SAVED_AT, take_sleb(&c) * factor);
			break;
		case 0x12:
			rules->cfa_register = take_uleb(&c);
			rules->cfa_offset = take_sleb(&c) * factor;
			rules->cfa_by_expression = false;
			break;
		case 0x13:
			rules->cfa_offset = take_sleb(&c) * factor;
			break;
		case 0x14:
			r = take_uleb(&c);
			set_rule(rules, r, VALUE_AT, (int64_t)take_uleb(&c) * factor);
			break;
		case 0x15:
			r = take_uleb(&c);
			set_rule(rules, r, VALUE_AT, take_sleb(&c) * factor);
			break;
		case 0x16:
			r = take_uleb(&c);
			set_expression(rules, r, VALUE_BY, take_block(&c));
			break;
		case 0x2e: /* bytes of arguments */
			take_uleb(&c);
			break;
		default:
			return false;
		}
	}
	return true;
}

/* ---- a step ---- */

static bool find_cfa(const struct rules *rules, const struct cfi_frame *frame, struct reader reader,
		     uintptr_t *cfa)
{
	if (rules->cfa_by_expression)
		return evaluate(rules->cfa_expression, frame, NULL, reader, cfa);
	uint64_t r = rules->cfa_register;
	if (r >= CFI_REGISTERS || !(frame->known >> r & 1))
		return false;
	*cfa = frame->registers[r] + (uintptr_t)rules->cfa_offset;
	return true;
}

/* A register as the caller had it; false: nobody knows. */
static bool recover(const struct rules *rules, unsigned r, const struct cfi_frame *frame,
		    uintptr_t cfa, struct reader reader, uintptr_t *value)
{
	uintptr_t place;
	uint64_t other;
	switch ((enum rule)rules->registers[r].rule) {
	case SAME:
		*value = frame->registers[r];
		return (frame->known >> r & 1) != 0;
	case SAVED_AT:
		place = cfa + (uintptr_t)rules->registers[r].by.offset;
		return reader.read(place, value, reader.opaque);
	case VALUE_AT:
		*value = cfa + (uintptr_t)rules->registers[r].by.offset;
		return true;
	case IN_REGISTER:
		other = rules->registers[r].by.other;
		*value = other < CFI_REGISTERS ? frame->registers[other] : 0;
		return other < CFI_REGISTERS && (frame->known >> other & 1) != 0;
	case SAVED_BY:
		return evaluate(rules->registers[r].by.expression, frame, &cfa, reader, &place) &&
		       reader.read(place, value, reader.opaque);
	case VALUE_BY:
		return evaluate(rules->registers[r].by.expression, frame, &cfa, reader, value);
	case UNDEFINED:
		break;
	}
	return false;
}

/* A return address may carry a signature above the bits of an address. */
static uintptr_t strip(uintptr_t address)
{
#if defined(__aarch64__)
	return address & (((uintptr_t)1 << LG_VADDR) - 1);
#else
	return address;
#endif
}

bool cfi_step(const void *eh_frame_hdr, struct cfi_frame *frame, cfi_read_fn *read, void *opaque)
{
	struct reader reader = {read, opaque};
	struct entry entry;
	struct rules initial;
	uintptr_t cfa;
	/* The address behind a call may be the first of another function. */
	uintptr_t pc = frame->pc - (frame->is_interrupted ? 0 : 1);
	const uint8_t *found = find_entry(eh_frame_hdr, pc);
	if (found == NULL || !read_entry(found, pc, &entry) ||
	    entry.common.return_address >= CFI_REGISTERS)
		return false;

	memset(&initial, 0, sizeof(initial));
	if (!run(entry.common.program, &entry.common, 0, 0, &initial, &initial))
		return false;
	struct rules rules = initial;
	if (!run(entry.program, &entry.common, entry.start, pc, &rules, &initial) ||
	    !find_cfa(&rules, frame, reader, &cfa))
		return false;

	struct cfi_frame caller = {.known = 0};
	for (unsigned r = 0; r < CFI_REGISTERS; r++) {
		if (recover(&rules, r, frame, cfa, reader, &caller.registers[r]))
			caller.known |= (uint64_t)1 << r;
	}
	unsigned ra = (unsigned)entry.common.return_address;
	if (!(caller.known >> ra & 1))
		return false;
	caller.pc = strip(caller.registers[ra]);
	caller.is_interrupted = entry.common.is_signal_frame;
	if (rules.registers[CFI_STACK_POINTER].rule == SAME) {
		caller.registers[CFI_STACK_POINTER] = cfa;
		caller.known |= (uint64_t)1 << CFI_STACK_POINTER;
	}
	*frame = caller;
	return frame->pc != 0;
}
