#ifndef CALLFUZZ_VENEER_H
#define CALLFUZZ_VENEER_H

#include <stddef.h>
#include <stdint.h>

#include "execute.h"
#include "protocol.h"
#include "trampoline.h"

/*
 * A call under way: registers as they were at its entry, and what the caller counts on. Also, in the slot above the innermost
 * call, the registers that are to be looked at or loaded next. veneer.S knows the offsets of the first four.
 */
struct call {
  uint64_t x[32], f[32];
  uint64_t fcsr;
  const struct callee *callee; /* who runs now: after tail calls not who was called */
  const struct callee *first;  /* who was called; NULL: the run's entry */
  uint64_t sp_after;           /* what sp has to be after the return */
  uint64_t return_area;        /* 0: none */
  uint64_t frame_record[2];    /* the caller's saved fp and ra */
  uint64_t has_frame_record;
  uint32_t promised_x, promised_f;
  uint64_t sret; /* value of the declared sret parameter of `callee` */
  uint64_t *vectors; /* v0-v31 at entry, where they have to be the same afterwards */
};

_Static_assert(offsetof(struct call, fcsr) == 512 && offsetof(struct call, callee) == 520, "veneer.S");

/* Maps the shadow stack and the way into the runtime. Ends the process when that fails. */
void veneer_start(uint32_t vector_bytes);

/* Before a run: `before` holds the registers at its entry. */
void veneer_begin(const struct job *job, const struct poison *poison, const struct machine *before);

/* The answers of a request, in its memory. Ends the process when they make no sense. */
void veneer_set_answers(const unsigned char *answers, uint32_t bytes);

/* veneer.S: v0-v31. */
void veneer_store_vectors(uint64_t *to);

/* Whether a signal that came at pc interrupted the runtime. */
int veneer_covers(uint64_t pc);

/* Violations found at calls of the run, and its log; valid until the next run begins. */
extern uint32_t veneer_violation_count;
extern struct violation veneer_violations[MAX_VIOLATIONS];
extern unsigned char veneer_log[LOG_LIMIT];
extern uint32_t veneer_log_bytes, veneer_log_is_cut;

/* execute.c: ends the run, with pc for its record. */
void execute_stop_in_veneer(uint32_t kind, uint64_t pc) __attribute__((noreturn));

#endif
