#include "journal.h"

#include <string.h>
#include <sys/mman.h>

#define JOURNAL_STEP (64u << 10) /* bytes mapped at a time */

int journal_reserve(struct journal *journal)
{
	if ((journal->count + 1) * sizeof(struct journal_entry) <= journal->mapped)
		return 1;
	size_t bytes = journal->mapped + JOURNAL_STEP;
	void *entries = journal->mapped == 0
				? mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
				: mremap(journal->entries, journal->mapped, bytes, MREMAP_MAYMOVE);
	if (entries == MAP_FAILED)
		return 0;
	journal->entries = entries;
	journal->mapped = bytes;
	return 1;
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = strnlen(from, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

static struct journal_entry *find(const struct journal *journal, const char *name)
{
	for (size_t i = 0; i < journal->count; i++)
		if (strncmp(journal->entries[i].name, name, JOURNAL_NAME_MAX - 1) == 0)
			return &journal->entries[i];
	return NULL;
}

const struct journal_entry *journal_find(const struct journal *journal, const char *name)
{
	return find(journal, name);
}

void journal_note(struct journal *journal, const char *name, const char *old_value,
		  const char *new_value)
{
	struct journal_entry *entry = find(journal, name);

	if (entry == NULL) {
		if (!journal_reserve(journal)) {
			journal->missed++;
			return;
		}
		entry = &journal->entries[journal->count++];
		copy_text(entry->name, sizeof(entry->name), name);
		copy_text(entry->old_value, sizeof(entry->old_value), old_value);
	}
	copy_text(entry->new_value, sizeof(entry->new_value), new_value);
}

int journal_is_restored(const struct journal_entry *entry)
{
	return strcmp(entry->old_value, entry->new_value) == 0;
}

void journal_fini(struct journal *journal)
{
	if (journal->mapped != 0)
		munmap(journal->entries, journal->mapped);
	*journal = (struct journal){0};
}
