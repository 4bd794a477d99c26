/*
 * What client and guest say to each other. Little endian; every field lies at a multiple of its size and every frame is a
 * multiple of 8 bytes long. src/emulator/protocol.ts is the other half: change both together and raise PROTOCOL_VERSION.
 *
 * Request: struct request; masks; inputs; runs; answers; image.
 *   A "row" is 16 words (a0-a7, fa0-fa7) and then the stack argument area, argument_bytes / 8 words.
 *   masks:   one row. Bits that are set come from the input, the others are poison.
 *   inputs:  input_count rows.
 *   runs:    run_count of struct run.
 *   answers: answer_bytes: for each foreign callee that is to answer something, a struct answers and its rows.
 *   image:   image_bytes, padded to 8. May be empty: the code of the request before is still there.
 * Reply: struct reply; run_count records, each a struct record and then
 *   returned:       a0, a1, fa0, fa1; return_bytes of return area; violation_count of struct violation; with WANT_STATE x0-x31, f0-f31
 *                   and, with WITH_VECTORS too, v0-v31; log_bytes of call log.
 *   otherwise:      pc, address, then x0-x31 and f0-f31 as the handler found them (x0's slot holds 0); violation_count of
 *                   struct violation, of calls before it stopped; log_bytes of call log.
 * On start the guest says struct hello.
 *
 * A stub in an image is two instructions that jump to RUNTIME_BASE with t6 = address of the struct callee that follows them.
 */
#ifndef CALLFUZZ_PROTOCOL_H
#define CALLFUZZ_PROTOCOL_H

#include <stdint.h>

#define PROTOCOL_VERSION 5u
#define HELLO_MAGIC 0x31667a63u /* "czf1" */

#define CODE_BASE 0x2000000000ull
#define CODE_BYTES (64ull << 20)
#define RUNTIME_BASE (CODE_BASE - 0x10000) /* where stubs jump to */
#define STACK_BASE 0x2800000000ull
#define STACK_BYTES (8ull << 20)
#define GUARD_BYTES (1ull << 20)
#define PAGE_BYTES 4096u
#define CANARY_BYTES 256u /* least size of each canary */
#define LOG_LIMIT (1u << 20) /* longest call log of a run, bytes */

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
  uint32_t log_bytes;        /* room for a run's call log, at most LOG_LIMIT; 0: none is kept */
  uint32_t answer_bytes;     /* multiple of 8 */
  uint32_t guard_bytes;      /* of the area that runs with a guard get, a multiple of PAGE_BYTES; 0: none has one */
  uint32_t unwind_offset;    /* in the image, of a struct unwind_table by which the callers of calls are unwound; 0: there is none */
};

/*
 * With a guard the run finds guard_bytes of its stack inaccessible, as far between sp and what the run before it wrote last as guard is
 * between 0 and 65536. Code that probes its frames faults there, or leaves alone what lies below.
 */
struct run {
  uint64_t seed;
  uint32_t input;
  uint16_t guard;   /* 0: none */
  uint16_t from_sp; /* 1 + the word of the row to which sp at entry is added; 0: none */
};

/*
 * What a foreign callee answers: its call k of a run (from 0) gets row k % row_count. A row is a0, a1, fa0, fa1 and
 * row_bytes - 32 bytes of return area. Bits that the callee's struct does not call defined come as poison all the same.
 */
struct answers {
  uint32_t callee, row_count, row_bytes, reserved;
};

/* What a stub knows of the function it stands for; all of it from that function's own signature. */
struct callee {
  uint64_t target; /* 0: foreign, answered by the runtime; see also CALLEE_THROWS */
  uint32_t index;  /* what violations and log call it */
  uint32_t flags;
  uint32_t saved_x, saved_f; /* as in struct request; ra and sp are always checked */
  uint32_t argument_x, argument_f; /* registers that carry arguments, the return area's pointer included */
  uint32_t argument_bytes, return_bytes, popped_bytes;
  uint32_t stack_words; /* logged at entry, from sp */
  uint32_t sret;        /* field: the declared sret parameter, which comes back in a0; or NO_FIELD */
  uint32_t result_key;  /* equal for equal lists of results */
  uint64_t result_masks[4]; /* bits of a0, a1, fa0, fa1 that are defined on return */
  uint32_t argument_count, result_count;
  uint32_t fields[]; /* of arguments: those with defined high bits; of results: those narrower than their place */
};

enum callee_flags {
  CALLEE_RETURN_AREA = 1,   /* a0 at entry is the return area */
  CALLEE_SAVES_VECTORS = 2, /* v0-v31 must come back unchanged */
  CALLEE_RESTORES = 4,      /* a handler at a call of it finds s0-s11 and fs0-fs11 as they were at the call */
  CALLEE_THROWS = 8,        /* there is no function: target is a struct throw_table */
  CALLEE_NAMES_INSTANCE = 16 /* of one that throws: a6 says which instance of the tag is meant */
};

/* Of an image whose code can throw: call sites with handlers, by ascending return address; then handlers, those of a site together. */
struct throw_site {
  uint64_t return_address;
  uint32_t frame_offset; /* fp less sp at the call, or NO_FRAME_OFFSET */
  uint32_t first_handler, handler_count, reserved;
};

struct throw_handler {
  uint64_t target;
  uint32_t is_default, tag; /* a default takes every tag */
  uint32_t context, context_at; /* kind of place, and register or bytes from sp */
};

struct throw_table {
  uint32_t site_count, reserved;
  struct throw_site sites[];
};

enum throw_context { CONTEXT_NONE = 0, CONTEXT_SP = 1, CONTEXT_X = 2 };

#define NO_FRAME_OFFSET 0xffffffffu

/*
 * Of an image whose unwinding information is looked at: its functions by ascending address; then their call frame instructions
 * (DWARF 5, 6.4.2), those of a function together and in order.
 */
struct unwind_function {
  uint64_t start;
  uint32_t size;
  uint32_t first, count; /* instructions */
  uint32_t growth;       /* most bytes that its CFA may lie below sp at its entry, having moved its frame down for its tail calls */
};

struct unwind_instruction {
  uint32_t offset; /* of the code to which it applies, and all that follows */
  uint16_t kind, reg; /* by DWARF's numbers: x0-x31 are 0-31, f0-f31 32-63, v0-v31 96-127 */
  int32_t value;
};

struct unwind_table {
  uint32_t function_count, reserved;
  struct unwind_function functions[];
};

/* CFA: reg and value. CFA_REGISTER, CFA_OFFSET: one of the two. SAVED: reg, value from the CFA. SAME: reg. */
enum unwind_kind { UNWIND_CFA = 0, UNWIND_CFA_REGISTER = 1, UNWIND_CFA_OFFSET = 2, UNWIND_SAVED = 3, UNWIND_SAME = 4 };

/* A field: value bits (0-7), what lies above them (8-9), kind of place (10-11), register number or byte offset / 8 (12-31). */
#define FIELD_BITS(field) ((field)&0xff)
#define FIELD_REST(field) ((field) >> 8 & 3)
#define FIELD_PLACE(field) ((field) >> 10 & 3)
#define FIELD_INDEX(field) ((field) >> 12)
#define NO_FIELD 0xffffffffu

enum field_rest { REST_UNDEFINED = 0, REST_ZERO = 1, REST_SIGN = 2, REST_ONES = 3 };
enum field_place { PLACE_X = 0, PLACE_F = 1, PLACE_MEMORY = 2 };

struct reply {
  uint32_t length, id, run_count, reserved;
};

/* UNCAUGHT: an exception was thrown that no handler takes. */
enum record_kind { RETURNED = 0, SIGNALLED = 1, HUNG = 2, UNCAUGHT = 3 };

struct record {
  uint32_t kind, length; /* length includes this header */
  uint32_t violation_count, signal;
  uint32_t log_bytes, log_is_cut;
};

enum violation_kind {
  VIOLATION_X = 0,
  VIOLATION_F = 1,
  VIOLATION_FRM = 2,
  VIOLATION_ARGUMENT_CANARY = 3, /* index: bytes from sp at entry */
  VIOLATION_RETURN_CANARY = 4,   /* index: bytes from the start of the return area */
  VIOLATION_V = 5,               /* index + 256: beyond its first 128 bits */
  VIOLATION_ALIGNMENT = 6,       /* sp at a call is not a multiple of 16; expected: rounded down */
  VIOLATION_TAIL_SP = 7,         /* sp at a tail call will not come out as the caller expects */
  VIOLATION_FRAME_RECORD = 8,    /* the caller's saved fp (index 0) or ra (index 8) was overwritten */
  VIOLATION_ARGUMENT = 9,        /* index: field */
  VIOLATION_RESULT = 10,         /* index: field */
  VIOLATION_HANDLER_SP = 11,     /* at a handler: fp and the call site's frame offset do not give the sp of the call */
  VIOLATION_RETURN_ADDRESS = 12, /* what throws names another return address than its frame record holds */
  VIOLATION_GUARD = 13,          /* below the guard, which begins at expected, the word at found was written; index: found from sp at entry */
  VIOLATION_LATE_GUARD = 14,     /* the same, but then the guard was touched */
  VIOLATION_UNWIND_CFA = 15,     /* of the four, callee is the caller that is unwound */
  VIOLATION_UNWIND_SAVED = 16,   /* index: DWARF's number of a register that does not lie where it is said to */
  VIOLATION_UNWIND_KEPT = 17,    /* of one that is not said to be saved, and no longer has its value */
  VIOLATION_UNWIND_FRAME = 18,   /* s0 is to come from where the caller's own frame pointer lies, not that of its caller */
};

struct violation {
  uint32_t kind;
  int32_t index; /* register number unless said otherwise */
  uint64_t expected, found;
  uint32_t callee; /* its index; ENTRY_CALLEE; NO_CALLEE: found by the trampoline at the outermost call */
  uint32_t tail_caller; /* at a tail call: the function that made it; else NO_CALLEE */
  uint64_t return_address; /* of the call; of a tail call that which it leaves in place */
};

#define MAX_VIOLATIONS 64u
#define NO_CALLEE 0xffffffffu
#define ENTRY_CALLEE 0xfffffffeu /* the function the trampoline entered */

/*
 * The call log: one entry after another, each a struct logged and then
 *   LOGGED_CALL:    for a foreign callee x0-x31, f0-f31; then a0-a7, fa0-fa7 and stack_words words from sp.
 *   LOGGED_RETURN:  a0, a1, fa0, fa1; return_bytes of return area. Before anything is spoilt.
 */
enum logged_kind { LOGGED_CALL = 0, LOGGED_RETURN = 1 };
enum logged_flags { LOGGED_TAIL = 1, LOGGED_FOREIGN = 2 };

struct logged {
  uint16_t kind, flags;
  uint32_t length; /* this header included */
  uint32_t callee, depth; /* depth: 1 for a call made by the entry; 0 for the entry's tail call */
  uint64_t return_address, sp;
};

#endif
