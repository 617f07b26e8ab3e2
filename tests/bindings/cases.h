/* cases.h - the main() of the C tests of the agent, which stand on no allocator of ours. */
#ifndef TESTS_BINDINGS_CASES_H
#define TESTS_BINDINGS_CASES_H

#include <check.h>
#include <stdlib.h>

/* Runs the cases, a list that ends with NULL, and returns what main() returns. */
static inline int cases_run(const char *name, const TTest *const cases[])
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create(name);

	suite_add_tcase(suite, all);
	tcase_set_timeout(all, 0); /* ctest has one */
	for (; *cases != NULL; cases++)
		tcase_add_test(all, *cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
