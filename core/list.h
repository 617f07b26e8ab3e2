/* list.h - intrusive ring: a doubly linked list whose head is a node of the ring.
 *
 * The owner of the head locks; the functions do not. A node that is in no list may hold anything:
 * list_push_*() sets it, list_remove() leaves it undefined.
 */
#ifndef LIST_H
#define LIST_H

#include "build.h"

struct list {
	struct list *next;
	struct list *prev;
};

ALWAYS_INLINE void list_init(struct list *head)
{
	head->next = head;
	head->prev = head;
}

ALWAYS_INLINE bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

ALWAYS_INLINE void list_insert_between(struct list *node, struct list *prev, struct list *next)
{
	node->next = next;
	node->prev = prev;
	prev->next = node;
	next->prev = node;
}

ALWAYS_INLINE void list_push_front(struct list *head, struct list *node)
{
	list_insert_between(node, head, head->next);
}

ALWAYS_INLINE void list_push_back(struct list *head, struct list *node)
{
	list_insert_between(node, head->prev, head);
}

ALWAYS_INLINE void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
}

/* First node, NULL when the list is empty. */
ALWAYS_INLINE struct list *list_first(const struct list *head)
{
	return head->next == head ? NULL : head->next;
}

ALWAYS_INLINE struct list *list_last(const struct list *head)
{
	return head->prev == head ? NULL : head->prev;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared takes no parentheses */
#define list_for_each(node, head)                                                                  \
	for (struct list *node = (head)->next; node != (head); node = node->next)
/* NOLINTEND(bugprone-macro-parentheses) */

#endif
