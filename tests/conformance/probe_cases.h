/* probe_cases.h - the groups of cases of the conformance probe, each in a file of its own. */
#ifndef TESTS_CONFORMANCE_PROBE_CASES_H
#define TESTS_CONFORMANCE_PROBE_CASES_H

#include <moonheap/moonheap.h>
#include <stdbool.h>

#pragma weak mallctl
#pragma weak mallctlnametomib
#pragma weak mallctlbymib
#pragma weak mallocx
#pragma weak rallocx
#pragma weak xallocx
#pragma weak sallocx
#pragma weak dallocx
#pragma weak sdallocx
#pragma weak nallocx

/* The name that a path with indices has when each is 0. name has room for 300 bytes. */
void probe_name_text(char *name, const char *path);

/* path: with indices as "<...>"; type: "bool", "unsigned", "uint64", "int64", "string", "pointer",
 * "struct" or "none". Values are printed where they are constant, so that they can be compared. */
void probe_name(const char *path, const char *type, bool constant);
void probe_sequences(void);
void probe_structs(void);
void probe_api(void);

#endif
