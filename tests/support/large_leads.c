#include "large_leads.h"

#include "boot.h"
#include "expect.h"
#include "large.h"
#include "options.h"

void large_leads_on(void)
{
	expect(boot_ensure(), "boot");
	options.cache_oblivious = true;
	large_boot();
}
