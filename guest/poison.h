#ifndef CALLFUZZ_POISON_H
#define CALLFUZZ_POISON_H

#include <stddef.h>
#include <stdint.h>

/*
 * Poison word i of a seed is pool[start + i] ^ key: as cheap as a copy, and start and key come from the seed.
 * Below, where in that sequence each thing that is poisoned begins, in words.
 */
enum poison_place {
  POISON_X = 0,
  POISON_F = 32,
  POISON_MISC = 64,
  POISON_ARGUMENTS = 72, /* cycles */
  POISON_VECTORS = 1024,
  POISON_STACK = 2048, /* cycles */
};

struct poison {
  const uint64_t *words;
  uint64_t key;
};

void poison_start(void);
struct poison poison_of_seed(uint64_t seed);

static inline uint64_t poison_word(const struct poison *poison, size_t place) {
  return poison->words[place] ^ poison->key;
}

/* Fills `count` words (a multiple of 8 is fastest) from `place` on; beyond POISON_CYCLE words it begins again. */
void poison_fill(const struct poison *poison, size_t place, uint64_t *to, size_t count);

/* Word i of what poison_fill puts at `place`. */
#define POISON_CYCLE 4096u
static inline uint64_t poison_filled(const struct poison *poison, size_t place, size_t i) {
  return poison_word(poison, place + i % POISON_CYCLE);
}

#endif
