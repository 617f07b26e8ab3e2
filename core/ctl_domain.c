#include "ctl_domain.h"

#include <string.h>
#include "arenas.h"
#include "ctl_snapshot.h"
#include "size_class.h"
#include "tcache.h"

struct ctl_domain {
	const char *prefix; /* of the paths that it is for */
	const char *component;
	size_t (*count)(void);         /* all that exist are below */
	bool (*exists)(size_t index);  /* NULL: all of them do */
	bool (*accepts)(size_t index); /* NULL: the same */
};

static size_t arena_count(void)
{
	return arenas_count();
}

static bool arena_exists(size_t index)
{
	return arenas_get((unsigned)index) != NULL;
}

/* Slots that were not started, all arenas together (under two numbers), and the destroyed ones. */
static bool arena_accepts(size_t index)
{
	return index <= arenas_count() || index == MALLCTL_ARENAS_ALL ||
	       index == MALLCTL_ARENAS_DESTROYED;
}

static size_t tcache_count(void)
{
	return tcaches_count();
}

static bool tcache_exists(size_t index)
{
	return index < tcaches_count() && tcaches_get((unsigned)index) != NULL;
}

static size_t bin_count(void)
{
	return size_class_nbins;
}

static size_t lextent_count(void)
{
	return SIZE_CLASSES - size_class_nbins;
}

static size_t extent_count(void)
{
	return size_class_npages;
}

static size_t room_count(void)
{
	return HPA_ROOMS_SHOWN;
}

static size_t batch_count(void)
{
	return HPA_BATCHES_SHOWN;
}

/* The first match counts. */
static const struct ctl_domain domains[] = {
	{"stats.", "<arena>", arena_count, ctl_snapshot_has, ctl_snapshot_has},
	{"experimental.", "<arena>", arena_count, ctl_snapshot_has, ctl_snapshot_has},
	{"", "<arena>", arena_count, arena_exists, arena_accepts},
	{"", "<tcache>", tcache_count, tcache_exists, tcache_exists},
	{"", "<bin>", bin_count, NULL, NULL},
	{"", "<lextent>", lextent_count, NULL, NULL},
	{"", "<extent>", extent_count, NULL, NULL},
	{"", "<room>", room_count, NULL, NULL},
	{"", "<nslabs>", batch_count, NULL, NULL},
};

static size_t no_count(void)
{
	return 0;
}

const struct ctl_domain ctl_domain_empty = {.count = no_count};

const struct ctl_domain *ctl_domain_of(const char *path, size_t start, size_t length)
{
	for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
		const struct ctl_domain *domain = &domains[i];
		if (strncmp(path, domain->prefix, strlen(domain->prefix)) == 0 &&
		    strlen(domain->component) == length &&
		    memcmp(path + start, domain->component, length) == 0)
			return domain;
	}
	return NULL;
}

bool ctl_domain_accepts(const struct ctl_domain *domain, size_t index)
{
	return domain->accepts != NULL ? domain->accepts(index) : index < domain->count();
}

bool ctl_domain_is_of_snapshot(const struct ctl_domain *domain)
{
	return domain->exists == ctl_snapshot_has;
}

size_t ctl_domain_limit(const struct ctl_domain *domain)
{
	return domain->accepts == NULL ? domain->count() : 0;
}

size_t ctl_domain_next(const struct ctl_domain *domain, size_t from)
{
	size_t count = domain->count();
	for (size_t i = from; i < count; i++)
		if (domain->exists == NULL || domain->exists(i))
			return i;
	return CTL_NO_INDEX;
}
