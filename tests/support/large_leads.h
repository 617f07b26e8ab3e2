/* large_leads.h - large objects that begin inside their first page, whatever the environment says.
 */
#ifndef TESTS_SUPPORT_LARGE_LEADS_H
#define TESTS_SUPPORT_LARGE_LEADS_H

/* From now on, as with cache_oblivious:true. */
void large_leads_on(void);

#endif
