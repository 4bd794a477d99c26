#ifndef CALLFUZZ_THROW_H
#define CALLFUZZ_THROW_H

#include <stdint.h>

#include "protocol.h"
#include "veneer.h"

/* Where an exception goes on; `at` NULL: nowhere. */
struct landing {
  struct call *at; /* the call whose call site has the handler */
  uint64_t target; /* the handler */
  uint64_t sp;     /* as fp and the call site's frame offset give it; that of the call where there is no such offset */
};

/*
 * Looks the calls from `innermost` outwards to, but without, `outermost` and those of the frame `entry_fp` up in the table. Within a call site the first handler that
 * takes the tag wins, be it the tag's own or a default. With `instance` a handler that follows a context takes a tag only where the
 * context's value is *instance.
 */
struct landing throw_find(const struct throw_table *table, struct call *innermost, const struct call *outermost,
                          uint64_t entry_fp, uint32_t tag, const uint64_t *instance);

#endif
