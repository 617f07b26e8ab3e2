/* ctl_domain.h - which indices a path may have: one domain for each meaning of <arena>, <bin> and
 * so on. Range checks, enumeration and completion of indices need nothing else.
 *
 * Stateless; no locks. Arenas come and go while a caller asks: an index that was listed may be gone
 * when it is used, which the access then answers.
 */
#ifndef CTL_DOMAIN_H
#define CTL_DOMAIN_H

#include "build.h"

struct ctl_domain;

#define CTL_NO_INDEX SIZE_MAX

/* The domain of the component at path + start; NULL when that is a name and no index. */
INTERNAL const struct ctl_domain *ctl_domain_of(const char *path, size_t start, size_t length);

/* No index is in it. */
INTERNAL extern const struct ctl_domain ctl_domain_empty;

/* Whether an index resolves. More do than are listed: for all arenas together there are numbers. */
INTERNAL bool ctl_domain_accepts(const struct ctl_domain *domain, size_t index);

/* Whether indices come and go with the snapshot. */
INTERNAL bool ctl_domain_is_of_snapshot(const struct ctl_domain *domain);

/* Where the indices that resolve are always the same: how many they are, from 0 on. 0: elsewhere.
 */
INTERNAL size_t ctl_domain_limit(const struct ctl_domain *domain);

/* The first index from a number on that exists at this moment; CTL_NO_INDEX when there is none. */
INTERNAL size_t ctl_domain_next(const struct ctl_domain *domain, size_t from);

#endif
