/* trees.c - binary trees of small nodes, built and torn down, with one tree that stays: the shape
 * of compilers, interpreters and everything that builds graphs of tiny objects.
 *
 *     trees DEPTH ROUNDS
 */
#include "bench.h"

struct node {
	struct node *left, *right;
	uint64_t value;
};

static struct node *tree_make(size_t depth, uint64_t *value)
{
	struct node *node = malloc(sizeof *node);
	if (node == NULL)
		bench_die("out of memory", "");
	*node = (struct node){.value = ++*value};
	if (depth > 0) {
		node->left = tree_make(depth - 1, value);
		node->right = tree_make(depth - 1, value);
	}
	return node;
}

static uint64_t tree_free(struct node *node)
{
	if (node == NULL)
		return 0;
	uint64_t sum = node->value ^ (tree_free(node->left) + tree_free(node->right));
	free(node);
	return sum;
}

int main(int argc, char **argv)
{
	size_t depth = bench_arg(argc, argv, 1, "DEPTH");
	size_t rounds = bench_arg(argc, argv, 2, "ROUNDS");
	if (depth > 24)
		bench_die("at most 24 levels", "DEPTH");
	uint64_t value = 0, sum = 0;
	struct node *lasting = tree_make(depth, &value);
	for (size_t round = 0; round < rounds; round++) {
		for (size_t level = 4; level <= depth; level += 4)
			sum += tree_free(tree_make(level, &value));
	}
	return bench_finish(sum + tree_free(lasting));
}
