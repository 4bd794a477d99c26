#ifndef CALLFUZZ_VENEER_CHECK_H
#define CALLFUZZ_VENEER_CHECK_H

#include "veneer.h"

#define PSABI_SAVED 0x0ffc0300u /* s0-s11, fs0-fs11 */

/* Where a violation was found; tail_caller NULL and is_tail 0 at a call or return. */
struct site {
  const struct callee *callee, *tail_caller;
  int is_tail;
  uint64_t return_address;
};

static inline int is_in_stack(uint64_t address, uint64_t bytes) {
  const uint64_t top = STACK_BASE + STACK_BYTES;
  return address >= STACK_BASE && address <= top && bytes <= top - address;
}

/* What violations and log call a callee; NULL is the run's entry. */
static inline uint32_t index_of(const struct callee *callee) { return callee == NULL ? ENTRY_CALLEE : callee->index; }

/* Room for v0-v31, `words` long. */
void check_start(uint64_t *vectors, uint32_t words);

void violate(const struct site *site, uint32_t kind, uint32_t index, uint64_t expected, uint64_t found);

/* Where a field lies; NULL where that is no memory of the stack. `area`: the argument or return area. */
uint64_t *field_at(struct call *now, uint64_t area, uint32_t field);

/* Fields whose high bits are defined: they have to be extended or NaN-boxed. */
void check_fields(const struct site *site, uint32_t kind, struct call *now, uint64_t area, const uint32_t *fields,
                  uint32_t count);

/* The saved fp and ra of the caller of `then`. */
void check_frame_record(const struct site *site, const struct call *then);

/* Words of a vector register. v0-v31 as they are now, until they are looked at again. */
uint32_t vector_length(void);
const uint64_t *vectors_as_they_are(void);

/* What was promised to the caller of `then`, but for sp. */
void check_promises(const struct site *site, const struct call *then, const struct call *now);

#endif
