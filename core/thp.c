#include "thp.h"

#include "options.h"
#include "os.h"
#include "os_map.h"
#include "os_purge.h"
#include "warning.h"

#include <string.h>

enum thp_policy thp_policy;

/* The file lists the policies, the one in force in brackets: "always [madvise] never". */
static ALWAYS_RUN enum thp_policy read_policy(const char *file)
{
	char text[64];
	size_t length = os_read_file(file, text, sizeof(text) - 1);
	text[length] = '\0';
	const char *open = strchr(text, '[');
	if (open == NULL)
		return THP_POLICY_NONE;
	if (strncmp(open, "[always]", 8) == 0)
		return THP_POLICY_ALWAYS;
	if (strncmp(open, "[madvise]", 9) == 0)
		return THP_POLICY_MADVISE;
	return strncmp(open, "[never]", 7) == 0 ? THP_POLICY_NEVER : THP_POLICY_NONE;
}

const char *thp_policy_word(void)
{
	static const char words[][16] = {
		[THP_POLICY_NONE] = "not supported",
		[THP_POLICY_NEVER] = "never",
		[THP_POLICY_MADVISE] = "madvise",
		[THP_POLICY_ALWAYS] = "always",
	};
	return words[thp_policy];
}

ALWAYS_RUN void thp_boot(const char *policy_file)
{
	thp_policy = read_policy(policy_file);
	if (thp_policy != THP_POLICY_NONE)
		return;
	if (options.thp != THP_DEFAULT)
		warning_of_option("No THP support", "thp");
	if (options.metadata_thp != METADATA_THP_DISABLED)
		warning_of_option("No THP support", "metadata_thp");
	options.thp = THP_NOT_SUPPORTED;
}

ALWAYS_RUN bool thp_is_usable(void)
{
	return thp_policy >= THP_POLICY_MADVISE && os_page == (size_t)4 << 10;
}

ALWAYS_RUN void thp_advise(void *address, size_t size)
{
	if (options.thp == THP_ALWAYS || options.thp == THP_NEVER)
		os_advise_huge(address, size, options.thp == THP_ALWAYS);
}

void *thp_map(size_t size)
{
	void *p = os_map(size, THP_SIZE);
	if (p != NULL && !os_advise_huge(p, size, true)) {
		os_discard(p, size);
		return NULL;
	}
	return p;
}
