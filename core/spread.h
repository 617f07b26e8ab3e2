/* spread.h - random numbers for sampling: not secret, not expensive, one state for each user. */
#ifndef SPREAD_H
#define SPREAD_H

#include "build.h"

/* The next of a sequence of 64 random bits; any state will do. */
INTERNAL uint64_t spread_next(uint64_t *state);

/* A distance to the next sample, at least 1: exponential with this mean, so that where a sample is
 * taken says nothing about the next, and no rhythm of the program can hide from it. */
INTERNAL uint64_t spread_distance(uint64_t *state, uint64_t mean);

#endif
