#ifndef CALLFUZZ_EXECUTE_H
#define CALLFUZZ_EXECUTE_H

#include "poison.h"
#include "protocol.h"

/* Maps code area and stack, installs signal handlers and timer. Ends the process when that fails. */
void execute_start(uint32_t vector_bytes);

/* The parts of a request that one run needs. */
struct job {
  const struct request *request;
  const uint64_t *masks, *input;
  const struct run *run;
  uint32_t limit_ms;
  struct poison first_poison; /* of the request's first run */
};

/* Timer ticks (25 ms of processor time) seen during runs so far; wraps. */
extern uint32_t execute_ticks;

/* Longest record a run of `request` can make, bytes. */
uint64_t execute_record_limit(const struct request *request);

/* Runs once and writes a struct record and what follows it at `out`. */
void execute_run(const struct job *job, unsigned char *out);

#endif
