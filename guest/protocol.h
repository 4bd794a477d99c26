/*
 * What client and guest say to each other. Little endian; every field lies at a multiple of its size and every frame is a
 * multiple of 8 bytes long. src/emulator/protocol.ts is the other half: change both together and raise PROTOCOL_VERSION.
 *
 * Request: struct request; masks; inputs; runs; image.
 *   A "row" is 16 words (a0-a7, fa0-fa7) and then the stack argument area, argument_bytes / 8 words.
 *   masks:  one row. Bits that are set come from the input, the others are poison.
 *   inputs: input_count rows.
 *   runs:   run_count of struct run.
 *   image:  image_bytes, padded to 8. May be empty: the code of the request before is still there.
 * Reply: struct reply; run_count records, each a struct record and then
 *   returned:       a0, a1, fa0, fa1; return_bytes of return area; violation_count of struct violation; with WANT_STATE x0-x31, f0-f31
 *                   and, with WITH_VECTORS too, v0-v31.
 *   signalled/hung: pc, address, then x0-x31 and f0-f31 as the handler found them (x0's slot holds 0).
 * On start the guest says struct hello.
 */
#ifndef CALLFUZZ_PROTOCOL_H
#define CALLFUZZ_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_VERSION 1u
#define HELLO_MAGIC 0x31667a63u /* "czf1" */

#define CODE_BASE 0x2000000000ull
#define CODE_BYTES (64ull << 20)
#define STACK_BASE 0x2800000000ull
#define STACK_BYTES (8ull << 20)
#define GUARD_BYTES (1ull << 20)
#define CANARY_BYTES 256u /* least size of each canary */

enum request_flags {
  HAS_RETURN_AREA = 1, /* a0 is the return area's address, whatever the input says */
  WITH_VECTORS = 2,    /* load (and report) v0-v31, vl, vtype, vcsr: only where the emulated CPU has V */
  WANT_STATE = 4,
};

struct hello {
  uint32_t magic, version;
  uint32_t vector_bytes, reserved; /* 0 when not told to use V */
  uint64_t return_address;         /* ra as the code under test sees it */
};

struct request {
  uint32_t length, id;
  uint64_t base; /* where to put the image; in the code area, multiple of 8 */
  uint32_t image_bytes, entry_offset;
  uint32_t argument_bytes, return_bytes; /* multiples of 16 */
  uint32_t popped_bytes, poison_bytes;   /* stack below sp that starts as poison; multiple of 64 */
  uint32_t input_count, run_count;
  uint32_t flags, limit_ms; /* processor time of a run; an eighth for those after a run that hung */
  uint32_t saved_x, saved_f; /* bit n: register n must come back unchanged. sp is always checked. */
};

struct run {
  uint64_t seed;
  uint32_t input, reserved;
};

struct reply {
  uint32_t length, id, run_count, reserved;
};

enum record_kind { RETURNED = 0, SIGNALLED = 1, HUNG = 2 };

struct record {
  uint32_t kind, length; /* length includes this header */
  uint32_t violation_count, signal;
};

enum violation_kind {
  VIOLATION_X = 0,
  VIOLATION_F = 1,
  VIOLATION_FRM = 2,
  VIOLATION_ARGUMENT_CANARY = 3, /* index: bytes from sp at entry */
  VIOLATION_RETURN_CANARY = 4,   /* index: bytes from the start of the return area */
};

struct violation {
  uint32_t kind;
  int32_t index; /* register number unless said otherwise */
  uint64_t expected, found;
};

#define MAX_VIOLATIONS 32u

#endif
