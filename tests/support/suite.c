#include "suite.h"
#include "expect.h"
#include "heap_under_test.h"
#include <stdlib.h>

int suite_run(const char *name, const TTest *const cases[])
{
	return suite_run_rows(name, cases, 1);
}

int suite_run_rows(const char *name, const TTest *const cases[], int count)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	heap_require();
	test_seed(); /* chosen before the cases fork, so that they share it */
	tcase_set_timeout(all, 0);
	for (; *cases != NULL; cases++)
		tcase_add_loop_test(all, *cases, 0, count);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
