/* mapping.h - what the kernel says of the mapping that an address lies in: /proc/self/smaps. */
#ifndef TESTS_SUPPORT_MAPPING_H
#define TESTS_SUPPORT_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

/* A two-letter flag of the line VmFlags: "hg" huge pages are advised, "nh" forbidden, ... */
bool mapping_has_flag(const void *address, const char *flag);

/* Bytes of the mapping that huge pages are behind. */
size_t mapping_huge_bytes(const void *address);

/* Does the kernel make huge pages for mappings that ask for them? */
bool mapping_can_be_huge(void);

#endif
