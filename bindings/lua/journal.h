/* journal.h - what a session changed in the control tree, so that it can be told at the end.
 *
 * One entry per name: the value before the first write and after the last. Things that were made
 * (an arena, a tcache) are entries "arenas.create -> 9" with an empty old value; when they are
 * ended the new one is empty, too. The memory is mapped from the system, apart from the session's
 * Lua memory, because the list must survive a Lua state that is dropped. One thread at a time.
 */
#ifndef MOONHEAP_LUA_JOURNAL_H
#define MOONHEAP_LUA_JOURNAL_H

#include <stddef.h>

#define JOURNAL_NAME_MAX  112 /* the longest name of the tree is about 60 bytes */
#define JOURNAL_VALUE_MAX 64

struct journal_entry {
	char name[JOURNAL_NAME_MAX];
	char old_value[JOURNAL_VALUE_MAX]; /* as text, "" when it could not be read */
	char new_value[JOURNAL_VALUE_MAX];
};

struct journal {
	struct journal_entry *entries;
	size_t count;
	size_t mapped; /* bytes behind entries */
	size_t missed; /* writes that found no memory to be noted in */
};

/* Is there room for one more? Asked before a write, so that no write goes unnoted. */
int journal_reserve(struct journal *journal);
void journal_note(struct journal *journal, const char *name, const char *old_value,
		  const char *new_value);
/* The entry of a name, NULL when it was never noted. */
const struct journal_entry *journal_find(const struct journal *journal, const char *name);
/* 1 when the entry's value is what it was before the session. */
int journal_is_restored(const struct journal_entry *entry);
void journal_fini(struct journal *journal);

#endif
