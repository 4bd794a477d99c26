/* The rules a call is held against, and the list of those that were broken. */
#include "veneer_check.h"

#define FP 8

uint32_t veneer_violation_count;
struct violation veneer_violations[MAX_VIOLATIONS];

static uint64_t *vectors_now;
static uint32_t vector_words;

void check_start(uint64_t *vectors, uint32_t words) {
  vectors_now = vectors;
  vector_words = words;
}

/* One of a kind is enough: what a loop breaks again and again must not push out what is broken once. */
void violate(const struct site *site, uint32_t kind, uint32_t index, uint64_t expected, uint64_t found) {
  const uint32_t is_field = kind == VIOLATION_ARGUMENT || kind == VIOLATION_RESULT;
  const uint32_t ignored = kind == VIOLATION_V ? 0xff : is_field && FIELD_PLACE(index) == PLACE_MEMORY ? 0xfffff0ff : 0;
  for (uint32_t i = 0; i < veneer_violation_count; i++) {
    const struct violation *known = &veneer_violations[i];
    if (known->kind == kind && (((uint32_t)known->index ^ index) & ~ignored) == 0) return;
  }
  if (veneer_violation_count == MAX_VIOLATIONS) return;
  veneer_violations[veneer_violation_count++] =
      (struct violation){.kind = kind,
                         .index = (int32_t)index,
                         .expected = expected,
                         .found = found,
                         .callee = index_of(site->callee),
                         .tail_caller = site->is_tail ? index_of(site->tail_caller) : NO_CALLEE,
                         .return_address = site->return_address};
}

static uint64_t extended(uint64_t value, uint32_t bits, uint32_t rest) {
  const uint64_t mask = (1ull << bits) - 1;
  switch (rest) {
    case REST_ZERO:
      return value & mask;
    case REST_SIGN:
      return value >> (bits - 1) & 1 ? value | ~mask : value & mask;
    default:
      return value | ~mask;
  }
}

uint64_t *field_at(struct call *now, uint64_t area, uint32_t field) {
  const uint32_t index = FIELD_INDEX(field);
  switch (FIELD_PLACE(field)) {
    case PLACE_X:
      return &now->x[index & 31];
    case PLACE_F:
      return &now->f[index & 31];
    default: {
      const uint64_t at = area + (uint64_t)index * 8;
      return area != 0 && is_in_stack(at, 8) ? (uint64_t *)at : NULL;
    }
  }
}

void check_fields(const struct site *site, uint32_t kind, struct call *now, uint64_t area, const uint32_t *fields,
                  uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t field = fields[i], rest = FIELD_REST(field);
    if (rest == REST_UNDEFINED) continue;
    const uint64_t *at = field_at(now, area, field);
    if (at == NULL) continue;
    const uint64_t expected = extended(*at, FIELD_BITS(field), rest);
    if (*at != expected) violate(site, kind, field, expected, *at);
  }
}

void check_frame_record(const struct site *site, const struct call *then) {
  if (!then->has_frame_record) return;
  const uint64_t *record = (const uint64_t *)then->x[FP];
  for (uint32_t i = 0; i < 2; i++) {
    if (record[i] != then->frame_record[i])
      violate(site, VIOLATION_FRAME_RECORD, i * 8, then->frame_record[i], record[i]);
  }
}

uint32_t vector_length(void) { return vector_words / 32; }

const uint64_t *vectors_as_they_are(void) {
  veneer_store_vectors(vectors_now);
  return vectors_now;
}

void check_promises(const struct site *site, const struct call *then, const struct call *now) {
  const uint64_t *x = then->x, *y = now->x;
  uint64_t differ = 0;
  if (then->promised_x == (PSABI_SAVED | 3u << 3) && then->promised_f == PSABI_SAVED) {
    differ = (x[3] ^ y[3]) | (x[4] ^ y[4]) | (x[8] ^ y[8]) | (x[9] ^ y[9]);
    for (int r = 18; r < 28; r++) differ |= (x[r] ^ y[r]) | (then->f[r] ^ now->f[r]);
    differ |= (then->f[8] ^ now->f[8]) | (then->f[9] ^ now->f[9]);
  } else {
    differ = 1;
  }
  for (uint32_t r = 1; differ != 0 && r < 32; r++) {
    if (then->promised_x >> r & 1 && x[r] != y[r]) violate(site, VIOLATION_X, r, x[r], y[r]);
  }
  for (uint32_t r = 0; differ != 0 && r < 32; r++) {
    if (then->promised_f >> r & 1 && then->f[r] != now->f[r]) violate(site, VIOLATION_F, r, then->f[r], now->f[r]);
  }
  if (now->fcsr >> 5 != then->fcsr >> 5) violate(site, VIOLATION_FRM, 0, then->fcsr >> 5, now->fcsr >> 5);
  check_frame_record(site, then);
  if (then->vectors == NULL) return;
  vectors_as_they_are();
  for (uint32_t i = 0; i < vector_words; i++) {
    if (vectors_now[i] == then->vectors[i]) continue;
    const uint32_t words = vector_length(), place = i % words < 2 ? 0 : 1u << 8;
    violate(site, VIOLATION_V, i / words | place, then->vectors[i], vectors_now[i]);
  }
}
