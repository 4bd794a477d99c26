/* What the generated C files share with the program. */
#pragma once

#include "record.h"

/* Both sides of one signature. The callee is called through psabi_call, which knows its real type no more than C does. */
struct pair {
  void (*caller)(void);
  void (*callee)(void);
};

extern const struct pair psabi_pairs[];
extern word psabi_args[MAX_PARAMS][2], psabi_seen[MAX_PARAMS][2], psabi_given[2][2], psabi_got[2][2];
extern word psabi_got_memory[SRET_WORDS];
/* Code; of no type, so that it can be called as any. */
extern char psabi_shim[];

struct in_memory {
  word words[SRET_WORDS];
};

/* A register of which gcc knows nothing, so that a cast to a narrow type is work. */
static inline word opaque(word value) {
  __asm__("" : "+r"(value));
  return value;
}
