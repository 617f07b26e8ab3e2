"""The benchmark harness behind `./dev bench`: rows of data (allocators, workloads, goals) and the
few verbs that run, measure and report them."""
