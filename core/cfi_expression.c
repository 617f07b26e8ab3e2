#include "cfi_expression.h"

#define EXPRESSION_DEPTH 16

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

bool cfi_evaluate(struct cfi_cursor c, const struct cfi_frame *frame, const uintptr_t *first,
		  struct cfi_reader reader, uintptr_t *result)
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
			push = value + (uint64_t)cfi_take_sleb(&c);
		} else if (op >= 0x08 && op <= 0x0f) { /* 1, 2, 4, 8 bytes, unsigned and signed */
			unsigned size = 1u << ((op - 0x08u) / 2);
			push = cfi_take_fixed(&c, size);
			if ((op & 1) && size < 8 && (push >> (8 * size - 1) & 1))
				push |= ~(uint64_t)0 << (8 * size);
		} else if (op == 0x10) {
			push = cfi_take_uleb(&c);
		} else if (op == 0x11) {
			push = (uint64_t)cfi_take_sleb(&c);
		} else if (op == 0x12 && n > 0) {
			push = stack[n - 1];
		} else if (op == 0x06 && n > 0) {
			uintptr_t word;
			if (!reader.read(stack[--n], &word, reader.opaque))
				return false;
			push = word;
		} else if (op == 0x23 && n > 0) {
			push = stack[--n] + cfi_take_uleb(&c);
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
