#ifndef CALLFUZZ_VENEER_LOG_H
#define CALLFUZZ_VENEER_LOG_H

#include "veneer_check.h"

/* A run begins: its log is empty and holds `bytes`; foreign callees answer from the start again. */
void log_begin(uint32_t bytes);

/* Nothing where no log is kept. */
void log_call(const struct site *site, const struct call *now, uint32_t depth);
void log_return(const struct site *site, const struct call *now, uint32_t depth, uint64_t area);

/* Plays a foreign callee: results where they belong. Without an answer they are what the registers held. */
void answer(struct call *now, const struct callee *callee, uint64_t area);

#endif
