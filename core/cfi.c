#include "cfi.h"

#include <string.h>

#include "cfi_entry.h"
#include "cfi_expression.h"

/* ---- programs ---- */

enum rule { SAME, UNDEFINED, SAVED_AT, VALUE_AT, IN_REGISTER, SAVED_BY, VALUE_BY };

struct rules {
	struct {
		uint8_t rule; /* enum rule */
		union {
			int64_t offset; /* from the CFA */
			uint64_t other;
			struct cfi_cursor expression;
		} by;
	} registers[CFI_REGISTERS];
	uint64_t cfa_register;
	int64_t cfa_offset;
	struct cfi_cursor cfa_expression;
	bool cfa_by_expression;
};

#define REMEMBERED 4

static struct cfi_cursor take_block(struct cfi_cursor *c)
{
	uint64_t length = cfi_take_uleb(c);
	struct cfi_cursor block = {c->at, c->at + length};
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

static void set_expression(struct rules *rules, uint64_t r, enum rule rule, struct cfi_cursor block)
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
static bool run(struct cfi_cursor c, const struct cfi_common *common, uintptr_t at, uintptr_t pc,
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
			set_rule(rules, low, SAVED_AT, (int64_t)cfi_take_uleb(&c) * factor);
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
			if (!cfi_take_pointer(&c, common->encoding & 0x7f, &at))
				return false;
			break;
		case 0x02:
		case 0x03:
		case 0x04:
			at += cfi_take_fixed(&c, 1u << (op - 2)) * common->code_factor;
			break;
		case 0x05:
			r = cfi_take_uleb(&c);
			set_rule(rules, r, SAVED_AT, (int64_t)cfi_take_uleb(&c) * factor);
			break;
		case 0x06:
			restore(rules, initial, cfi_take_uleb(&c));
			break;
		case 0x07:
			set_rule(rules, cfi_take_uleb(&c), UNDEFINED, 0);
			break;
		case 0x08:
			set_rule(rules, cfi_take_uleb(&c), SAME, 0);
			break;
		case 0x09:
			r = cfi_take_uleb(&c);
			set_rule(rules, r, IN_REGISTER, (int64_t)cfi_take_uleb(&c));
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
			rules->cfa_register = cfi_take_uleb(&c);
			rules->cfa_offset = (int64_t)cfi_take_uleb(&c);
			rules->cfa_by_expression = false;
			break;
		case 0x0d:
			rules->cfa_register = cfi_take_uleb(&c);
			rules->cfa_by_expression = false;
			break;
		case 0x0e:
			rules->cfa_offset = (int64_t)cfi_take_uleb(&c);
			break;
		case 0x0f:
			rules->cfa_expression = take_block(&c);
			rules->cfa_by_expression = true;
			break;
		case 0x10:
			r = cfi_take_uleb(&c);
			set_expression(rules, r, SAVED_BY, take_block(&c));
			break;
		case 0x11:
			r = cfi_take_uleb(&c);
			set_rule(rules, r, SAVED_AT, cfi_take_sleb(&c) * factor);
			break;
		case 0x12:
			rules->cfa_register = cfi_take_uleb(&c);
			rules->cfa_offset = cfi_take_sleb(&c) * factor;
			rules->cfa_by_expression = false;
			break;
		case 0x13:
			rules->cfa_offset = cfi_take_sleb(&c) * factor;
			break;
		case 0x14:
			r = cfi_take_uleb(&c);
			set_rule(rules, r, VALUE_AT, (int64_t)cfi_take_uleb(&c) * factor);
			break;
		case 0x15:
			r = cfi_take_uleb(&c);
			set_rule(rules, r, VALUE_AT, cfi_take_sleb(&c) * factor);
			break;
		case 0x16:
			r = cfi_take_uleb(&c);
			set_expression(rules, r, VALUE_BY, take_block(&c));
			break;
		case 0x2e: /* bytes of arguments */
			cfi_take_uleb(&c);
			break;
		default:
			return false;
		}
	}
	return true;
}

/* ---- a step ---- */

static bool find_cfa(const struct rules *rules, const struct cfi_frame *frame,
		     struct cfi_reader reader, uintptr_t *cfa)
{
	if (rules->cfa_by_expression)
		return cfi_evaluate(rules->cfa_expression, frame, NULL, reader, cfa);
	uint64_t r = rules->cfa_register;
	if (r >= CFI_REGISTERS || !(frame->known >> r & 1))
		return false;
	*cfa = frame->registers[r] + (uintptr_t)rules->cfa_offset;
	return true;
}

/* A register as the caller had it; false: nobody knows. */
static bool recover(const struct rules *rules, unsigned r, const struct cfi_frame *frame,
		    uintptr_t cfa, struct cfi_reader reader, uintptr_t *value)
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
		return cfi_evaluate(rules->registers[r].by.expression, frame, &cfa, reader,
				    &place) &&
		       reader.read(place, value, reader.opaque);
	case VALUE_BY:
		return cfi_evaluate(rules->registers[r].by.expression, frame, &cfa, reader, value);
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
	struct cfi_reader reader = {read, opaque};
	struct cfi_entry entry;
	struct rules initial;
	uintptr_t cfa;
	/* The address behind a call may be the first of another function. */
	uintptr_t pc = frame->pc - (frame->is_interrupted ? 0 : 1);
	if (!cfi_entry_find(eh_frame_hdr, pc, &entry) ||
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
