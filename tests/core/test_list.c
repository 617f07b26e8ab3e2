/* test_list.c - the ring keeps order and both directions agree, whatever is inserted and removed.
 */
#include "list.h"

#include <string.h>
#include "bits.h"
#include "expect.h"
#include "random.h"
#include "suite.h"

#define ITEMS 64

struct item {
	unsigned number;
	struct list link;
};

static struct item items[ITEMS];
static struct list head;

/* What should be in the list, front to back. */
static unsigned model[ITEMS];
static unsigned length;

static void begin(void)
{
	list_init(&head);
	memset(items, 0xa5, sizeof items); /* a node outside a list may hold anything */
	for (unsigned i = 0; i < ITEMS; i++)
		items[i].number = i;
	length = 0;
}

static void expect_model(void)
{
	unsigned i = 0;
	list_for_each(node, &head)
	{
		struct item *item = container_of(node, struct item, link);
		expect(i < length && item->number == model[i], "item %u at %u", item->number, i);
		expect(node->next->prev == node && node->prev->next == node, "a broken ring at %u",
		       i);
		i++;
	}
	expect(i == length, "%u items instead of %u", i, length);
	expect(list_is_empty(&head) == (length == 0), "is_empty with %u items", length);
	struct list *first = list_first(&head);
	if (length == 0)
		expect(first == NULL, "an empty list has a first node");
	else
		expect(container_of(first, struct item, link)->number == model[0],
		       "the first node");
}

START_TEST(order_is_that_of_insertion)
{
	begin();
	expect_model();
	list_push_back(&head, &items[1].link);
	list_push_back(&head, &items[2].link);
	list_push_front(&head, &items[0].link);
	memcpy(model, (unsigned[]){0, 1, 2}, 3 * sizeof *model);
	length = 3;
	expect_model();
	list_remove(&items[1].link);
	memcpy(model, (unsigned[]){0, 2}, 2 * sizeof *model);
	length = 2;
	expect_model();
	list_remove(&items[0].link);
	list_remove(&items[2].link);
	length = 0;
	expect_model();
}
END_TEST

START_TEST(any_script_matches_the_model)
{
	struct random random;
	bool in_list[ITEMS] = {false};
	random_init(&random, test_seed());
	begin();
	for (unsigned long step = 0; step < test_scaled(20000); step++) {
		unsigned i = (unsigned)random_below(&random, ITEMS);
		if (in_list[i]) {
			unsigned at = 0;
			while (model[at] != i)
				at++;
			memmove(&model[at], &model[at + 1], (length - at - 1) * sizeof *model);
			length--;
			list_remove(&items[i].link);
		} else if (random_below(&random, 2) == 0) {
			memmove(&model[1], &model[0], length * sizeof *model);
			model[0] = i;
			length++;
			list_push_front(&head, &items[i].link);
		} else {
			model[length++] = i;
			list_push_back(&head, &items[i].link);
		}
		in_list[i] = !in_list[i];
		expect_model();
	}
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		order_is_that_of_insertion,
		any_script_matches_the_model,
		NULL,
	};
	return suite_run("list", cases);
}
