/* test_heap.c - the least node is always at the root, and any node can leave, in any order. */
#include "heap.h"

#include <string.h>
#include "bits.h"
#include "expect.h"
#include "random.h"
#include "suite.h"

#define ITEMS 500

struct item {
	unsigned key;
	bool in_heap;
	struct heap_node node;
};

static struct item items[ITEMS];
static struct heap_node *root;
static unsigned long compared;

static const struct item *item_of(const struct heap_node *node)
{
	return container_of(node, const struct item, node);
}

static bool less(const struct heap_node *a, const struct heap_node *b)
{
	compared++;
	return item_of(a)->key < item_of(b)->key;
}

static void begin(void)
{
	memset(items, 0xa5, sizeof items); /* a node outside a heap may hold anything */
	for (unsigned i = 0; i < ITEMS; i++)
		items[i].in_heap = false;
	root = NULL;
	compared = 0;
}

static void insert(struct item *item, unsigned key)
{
	item->key = key;
	item->in_heap = true;
	heap_insert(&root, &item->node, less);
}

static void remove_item(struct item *item)
{
	item->in_heap = false;
	heap_remove(&root, &item->node, less);
}

/* Nodes below one, itself included; siblings and parents must agree about each other. */
static unsigned count_nodes(const struct heap_node *node)
{
	unsigned count = 1;
	const struct heap_node *prev = node;
	expect(item_of(node)->in_heap, "a removed node is still there");
	for (const struct heap_node *child = node->child; child != NULL; child = child->next) {
		expect(child->prev == prev, "a child does not point back");
		expect(item_of(child)->key >= item_of(node)->key,
		       "a child is less than its parent");
		count += count_nodes(child);
		prev = child;
	}
	return count;
}

static void expect_heap(void)
{
	unsigned present = 0, least = UINT32_MAX;
	for (unsigned i = 0; i < ITEMS; i++) {
		present += items[i].in_heap;
		if (items[i].in_heap && items[i].key < least)
			least = items[i].key;
	}
	if (present == 0) {
		expect(root == NULL, "an empty heap has a root");
		return;
	}
	expect(root->prev == NULL && root->next == NULL, "the root has siblings");
	expect(item_of(root)->key == least, "the root is %u, not %u", item_of(root)->key, least);
	expect(count_nodes(root) == present, "nodes are lost");
}

START_TEST(taking_the_root_sorts)
{
	struct random random;
	unsigned last = 0;
	random_init(&random, test_seed());
	begin();
	for (unsigned i = 0; i < ITEMS; i++)
		insert(&items[i], (unsigned)random_below(&random, 300)); /* equal keys too */
	expect_heap();
	for (unsigned i = 0; i < ITEMS; i++) {
		unsigned key = item_of(root)->key;
		expect(key >= last, "%u after %u", key, last);
		last = key;
		remove_item(container_of(root, struct item, node));
	}
	expect_heap();
}
END_TEST

START_TEST(any_script_keeps_the_order)
{
	struct random random;
	random_init(&random, test_seed());
	begin();
	for (unsigned long step = 0; step < test_scaled(20000); step++) {
		struct item *item = &items[random_below(&random, ITEMS)];
		if (item->in_heap)
			remove_item(item);
		else
			insert(item, (unsigned)random_below(&random, 1000));
		if (step % 16 == 0)
			expect_heap();
	}
	expect_heap();
}
END_TEST

/* Ascending insertion makes the root one long list of children, the worst case of a removal: the
 * work of removing all of them must stay far from the square. */
START_TEST(removal_is_logarithmic_amortised)
{
	begin();
	for (unsigned i = 0; i < ITEMS; i++)
		insert(&items[i], i);
	compared = 0;
	for (unsigned i = 0; i < ITEMS; i++)
		remove_item(&items[i]);
	expect(root == NULL, "nodes are left");
	expect(compared < ITEMS * 2 * 10, "%lu comparisons", compared);
}
END_TEST

int main(void)
{
	const TTest *const cases[] = {
		taking_the_root_sorts,
		any_script_keeps_the_order,
		removal_is_logarithmic_amortised,
		NULL,
	};
	return suite_run("heap", cases);
}
