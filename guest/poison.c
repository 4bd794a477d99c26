#include "poison.h"

#define STARTS 8192u
#define POOL_WORDS (STARTS + POISON_STACK + POISON_CYCLE)

static uint64_t pool[POOL_WORDS];

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

void poison_start(void) {
  uint64_t state = 0;
  for (size_t i = 0; i < POOL_WORDS; i++) pool[i] = mix(state += 0x9e3779b97f4a7c15ull);
}

struct poison poison_of_seed(uint64_t seed) {
  uint64_t key = mix(seed + 0x9e3779b97f4a7c15ull);
  return (struct poison){.words = pool + (key >> 20) % STARTS, .key = mix(key)};
}

void poison_fill(const struct poison *poison, size_t place, uint64_t *to, size_t count) {
  const uint64_t key = poison->key;
  while (count > 0) {
    const uint64_t *from = poison->words + place;
    size_t part = count < POISON_CYCLE ? count : POISON_CYCLE;
    count -= part;
    for (; part >= 8; part -= 8, from += 8, to += 8) {
      uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
      to[0] = a ^ key, to[1] = b ^ key, to[2] = c ^ key, to[3] = d ^ key;
      a = from[4], b = from[5], c = from[6], d = from[7];
      to[4] = a ^ key, to[5] = b ^ key, to[6] = c ^ key, to[7] = d ^ key;
    }
    for (; part > 0; part--) *to++ = *from++ ^ key;
  }
}
