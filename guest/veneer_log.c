/* The call log, and what foreign callees answer. */
#include "veneer_log.h"

#include <string.h>

#include "failure.h"

#define ANSWERED_CALLEES 64u

enum { SP = 2, A0 = 10, FA0 = 10 };

unsigned char veneer_log[LOG_LIMIT];
uint32_t veneer_log_bytes, veneer_log_is_cut;

static uint32_t log_limit;
static const unsigned char *answers;
static uint32_t answer_bytes;
static uint32_t answered[ANSWERED_CALLEES]; /* calls so far, by place in the answers */

void log_begin(uint32_t bytes) {
  veneer_log_bytes = veneer_log_is_cut = 0;
  log_limit = bytes;
  if (answer_bytes > 0) memset(answered, 0, sizeof answered);
}

static struct logged *log_entry(uint16_t kind, uint32_t words, const struct site *site, uint32_t depth, uint64_t sp) {
  const uint32_t length = (uint32_t)sizeof(struct logged) + words * 8;
  if (veneer_log_is_cut || length > log_limit - veneer_log_bytes) {
    veneer_log_is_cut = 1;
    return NULL;
  }
  struct logged *entry = (struct logged *)(veneer_log + veneer_log_bytes);
  veneer_log_bytes += length;
  const int is_foreign = site->callee != NULL && site->callee->target == 0;
  *entry = (struct logged){.kind = kind,
                           .flags = (uint16_t)((site->is_tail ? LOGGED_TAIL : 0) | (is_foreign ? LOGGED_FOREIGN : 0)),
                           .length = length,
                           .callee = index_of(site->callee),
                           .depth = depth,
                           .return_address = site->return_address,
                           .sp = sp};
  return entry;
}

static void copy_stack(uint64_t *to, uint64_t from, uint32_t words) {
  if (is_in_stack(from, (uint64_t)words * 8)) {
    memcpy(to, (const void *)from, (size_t)words * 8);
  } else {
    memset(to, 0, (size_t)words * 8);
  }
}

void log_call(const struct site *site, const struct call *now, uint32_t depth) {
  if (log_limit == 0) return;
  const struct callee *callee = site->callee;
  const uint32_t registers = callee->target == 0 ? 64 : 0;
  struct logged *entry = log_entry(LOGGED_CALL, registers + 16 + callee->stack_words, site, depth, now->x[SP]);
  if (entry == NULL) return;
  uint64_t *words = (uint64_t *)(entry + 1);
  memcpy(words, now->x, registers * 8);
  if (registers > 0) words[0] = 0, words[30] = words[31] = 0;
  words += registers;
  memcpy(words, &now->x[A0], 64);
  memcpy(words + 8, &now->f[FA0], 64);
  copy_stack(words + 16, now->x[SP], callee->stack_words);
}

void log_return(const struct site *site, const struct call *now, uint32_t depth, uint64_t area) {
  if (log_limit == 0) return;
  const uint32_t area_words = site->callee->return_bytes / 8;
  struct logged *entry = log_entry(LOGGED_RETURN, 4 + area_words, site, depth, now->x[SP]);
  if (entry == NULL) return;
  uint64_t *words = (uint64_t *)(entry + 1);
  memcpy(words, &now->x[A0], 16);
  memcpy(words + 2, &now->f[FA0], 16);
  copy_stack(words + 4, area, area_words);
}

void veneer_set_answers(const unsigned char *from, uint32_t bytes) {
  answers = from;
  answer_bytes = bytes;
  uint32_t place = 0;
  for (uint32_t at = 0; at < bytes; place++) {
    if (bytes - at < sizeof(struct answers)) fail("guest: answers end early, bytes", bytes);
    const struct answers *one = (const struct answers *)(from + at);
    const uint64_t rows = (uint64_t)one->row_count * one->row_bytes;
    if (one->row_bytes < 32 || one->row_bytes % 8 != 0 || one->row_count == 0 || rows > bytes - at - sizeof *one)
      fail("guest: answers do not fit, callee", one->callee);
    at += (uint32_t)(sizeof *one + rows);
  }
  if (place > ANSWERED_CALLEES) fail("guest: too many foreign callees", place);
}

void answer(struct call *now, const struct callee *callee, uint64_t area) {
  uint32_t place = 0;
  for (uint32_t at = 0; at < answer_bytes; place++) {
    const struct answers *one = (const struct answers *)(answers + at);
    at += (uint32_t)sizeof *one;
    if (one->callee == callee->index) {
      const uint64_t *row = (const uint64_t *)(answers + at + (uint64_t)(answered[place]++ % one->row_count) * one->row_bytes);
      memcpy(&now->x[A0], row, 16);
      memcpy(&now->f[FA0], row + 2, 16);
      const uint32_t bytes = one->row_bytes - 32;
      if (area != 0 && is_in_stack(area, bytes)) memcpy((void *)area, row + 4, bytes);
      return;
    }
    at += one->row_count * one->row_bytes;
  }
}
