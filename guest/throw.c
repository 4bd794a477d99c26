#include "throw.h"

#include <stddef.h>

enum { RA = 1, SP = 2, FP = 8 };

static const struct throw_site *find_site(const struct throw_table *table, uint64_t return_address) {
  uint32_t low = 0, high = table->site_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (table->sites[middle].return_address < return_address) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < table->site_count && table->sites[low].return_address == return_address ? &table->sites[low] : NULL;
}

/* The value of a context as it was at the call; a context in memory lies in the frame of the caller, which is still there. */
static uint64_t context_of(const struct throw_handler *handler, const struct call *call, uint64_t sp) {
  return handler->context == CONTEXT_X ? call->x[handler->context_at & 31] : *(const uint64_t *)(sp + handler->context_at);
}

static int takes(const struct throw_handler *handler, const struct call *call, uint64_t sp, uint32_t tag,
                 const uint64_t *instance) {
  if (handler->is_default) return 1;
  if (handler->tag != tag) return 0;
  if (instance == NULL || handler->context == CONTEXT_NONE) return 1;
  return context_of(handler, call, sp) == *instance;
}

struct landing throw_find(const struct throw_table *table, struct call *innermost, const struct call *outermost,
                          uint64_t entry_fp, uint32_t tag, const uint64_t *instance) {
  const struct throw_handler *handlers = (const struct throw_handler *)(table->sites + table->site_count);
  for (struct call *call = innermost; call != outermost; call--) {
    const uint64_t fp = call->x[FP];
    if (fp == entry_fp) break;
    const struct throw_site *site = find_site(table, call->x[RA]);
    if (site == NULL) continue;
    const uint64_t sp = site->frame_offset == NO_FRAME_OFFSET ? call->x[SP] : fp - site->frame_offset;
    for (uint32_t i = 0; i < site->handler_count; i++) {
      const struct throw_handler *handler = &handlers[site->first_handler + i];
      if (takes(handler, call, sp, tag, instance))
        return (struct landing){.at = call, .target = handler->target, .sp = sp};
    }
  }
  return (struct landing){.at = NULL};
}
