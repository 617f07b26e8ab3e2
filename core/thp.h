/* thp.h - transparent huge pages: what the system offers, and who asks for them.
 *
 * The kernel backs an aligned run of THP_SIZE bytes by one page when its policy allows it: always,
 * never, or for mappings that are advised (madvise). The policy is read once, at boot. Three users
 * give advice: the option thp for all memory of objects, metadata_thp for the allocator's own
 * (base, pagemap), and packing (hpa) page by page.
 */
#ifndef THP_H
#define THP_H

#include "build.h"

/* Of the machines whose small page is 4 KiB; where that is larger, so is the huge one, by far. */
#define THP_LG_SIZE 21
#define THP_SIZE    ((size_t)1 << THP_LG_SIZE)

#define THP_POLICY_FILE "/sys/kernel/mm/transparent_hugepage/enabled"

enum thp_policy { THP_POLICY_NONE, THP_POLICY_NEVER, THP_POLICY_MADVISE, THP_POLICY_ALWAYS };

INTERNAL extern enum thp_policy thp_policy;

/* The policy in the words of the file; "not supported": there is none. */
INTERNAL const char *thp_policy_word(void);

/* Reads the policy; without any, options.thp says so from then on. */
INTERNAL void thp_boot(const char *policy_file);

/* Does advice make huge pages of THP_SIZE out of aligned memory? */
INTERNAL bool thp_is_usable(void);

/* The advice that the option thp gives for new memory of objects. */
INTERNAL void thp_advise(void *address, size_t size);

/* Address space in whole huge pages, advised to become such; NULL when it cannot be had. */
INTERNAL void *thp_map(size_t size);

#endif
