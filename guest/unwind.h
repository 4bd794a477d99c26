#ifndef CALLFUZZ_UNWIND_H
#define CALLFUZZ_UNWIND_H

#include <stdint.h>

#include "protocol.h"
#include "veneer.h"

/*
 * Unwinds the caller of `call`, which is about to be made, by the instructions of the table that cover it, as far as what they give is
 * promised to the caller's own caller: the CFA, what is said to be saved, and what is not and so has to have its value still. `back` is
 * where the caller returns to. Says nothing of a caller that the records of calls do not know, or that is not in the table.
 */
void unwind_check(const struct unwind_table *table, const struct call *call, uint64_t back);

#endif
