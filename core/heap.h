/* heap.h - intrusive pairing heap: the least node by a caller's order at hand, insertion in
 * constant time, removal of any node in logarithmic time (amortised).
 *
 * A node's children form a list: child is the first, next the following sibling; prev is the
 * previous sibling or, for a first child, the parent. The root has neither prev nor next. The owner
 * locks.
 */
#ifndef HEAP_H
#define HEAP_H

#include "build.h"

struct heap_node {
	struct heap_node *child;
	struct heap_node *next;
	struct heap_node *prev;
};

typedef bool heap_less_fn(const struct heap_node *a, const struct heap_node *b);

/* Makes the greater root the first child of the lesser one and returns the lesser. */
ALWAYS_INLINE struct heap_node *heap_meld(struct heap_node *a, struct heap_node *b,
					  heap_less_fn *less)
{
	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	if (less(b, a)) {
		struct heap_node *t = a;
		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (b->next != NULL)
		b->next->prev = b;
	a->child = b;
	a->next = NULL;
	a->prev = NULL;
	return a;
}

/* Melds a list of siblings into one heap: in pairs from left to right, then the pairs from right to
 * left. This two-pass order is what makes removal logarithmic. */
static inline struct heap_node *heap_meld_siblings(struct heap_node *first, heap_less_fn *less)
{
	struct heap_node *pairs = NULL; /* a stack through next */
	while (first != NULL) {
		struct heap_node *a = first;
		struct heap_node *b = a->next;
		first = b != NULL ? b->next : NULL;
		a->next = NULL;
		a->prev = NULL;
		if (b != NULL) {
			b->next = NULL;
			b->prev = NULL;
		}
		a = heap_meld(a, b, less);
		a->next = pairs;
		pairs = a;
	}
	struct heap_node *root = NULL;
	while (pairs != NULL) {
		struct heap_node *a = pairs;
		pairs = a->next;
		a->next = NULL;
		root = heap_meld(root, a, less);
	}
	return root;
}

ALWAYS_INLINE void heap_insert(struct heap_node **root, struct heap_node *node, heap_less_fn *less)
{
	node->child = NULL;
	node->next = NULL;
	node->prev = NULL;
	*root = heap_meld(*root, node, less);
}

static inline void heap_remove(struct heap_node **root, struct heap_node *node, heap_less_fn *less)
{
	struct heap_node *rest = heap_meld_siblings(node->child, less);
	if (*root == node) {
		*root = rest;
		return;
	}
	if (node->prev->child == node)
		node->prev->child = node->next;
	else
		node->prev->next = node->next;
	if (node->next != NULL)
		node->next->prev = node->prev;
	*root = heap_meld(*root, rest, less);
}

#endif
