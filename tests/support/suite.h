/* suite.h - the main() that the programs with Check cases share. */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <check.h>

/* Runs the cases, each in a child of its own and without a time limit of its own (ctest has one),
 * and returns what main() returns. The list ends with NULL. One seed serves all cases. */
int suite_run(const char *name, const TTest *const cases[]);

/* The same for cases over the rows of a table: each runs count times, with _i from 0 up. */
int suite_run_rows(const char *name, const TTest *const cases[], int count);

#endif
