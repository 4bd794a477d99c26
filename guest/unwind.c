#include "unwind.h"

#include <stddef.h>

#include "veneer_check.h"

enum { RA = 1, SP = 2, FP = 8, FIRST_F = 32, FIRST_V = 96, REGISTERS = 128 };

/* Of a register no offset that anything is saved at. */
#define NOT_SAVED INT32_MIN

/* What holds at one place of a function: where the CFA is, and by DWARF's numbers where from it registers lie. */
struct rules {
  uint32_t cfa_register;
  int32_t cfa_offset;
  int32_t saved[REGISTERS];
};

static const struct unwind_function *find_function(const struct unwind_table *table, uint64_t place) {
  uint32_t low = 0, high = table->function_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (table->functions[middle].start <= place) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return NULL;
  const struct unwind_function *fn = &table->functions[low - 1];
  return place - fn->start < fn->size ? fn : NULL;
}

static void find_rules(const struct unwind_table *table, const struct unwind_function *fn, uint64_t place,
                       struct rules *rules) {
  const struct unwind_instruction *all = (const struct unwind_instruction *)(table->functions + table->function_count);
  /* Cranelift's common information entry (isa/riscv64/inst/unwind/systemv.rs, create_cie). */
  rules->cfa_register = SP;
  rules->cfa_offset = 0;
  for (uint32_t r = 0; r < REGISTERS; r++) rules->saved[r] = NOT_SAVED;
  for (uint32_t i = fn->first; i < fn->first + fn->count && fn->start + all[i].offset <= place; i++) {
    const struct unwind_instruction *instruction = &all[i];
    switch (instruction->kind) {
      case UNWIND_CFA:
        rules->cfa_register = instruction->reg;
        rules->cfa_offset = instruction->value;
        break;
      case UNWIND_CFA_REGISTER:
        rules->cfa_register = instruction->reg;
        break;
      case UNWIND_CFA_OFFSET:
        rules->cfa_offset = instruction->value;
        break;
      case UNWIND_SAVED:
        rules->saved[instruction->reg % REGISTERS] = instruction->value;
        break;
      default:
        rules->saved[instruction->reg % REGISTERS] = NOT_SAVED;
    }
  }
}

/* A word of the stack; 0 for what is none. */
static uint64_t word_at(uint64_t address) {
  return address % 8 == 0 && is_in_stack(address, 8) ? *(const uint64_t *)address : 0;
}

/* Holds one register, `now` what it has at the call, against what it had when the caller was entered. */
static void check_register(const struct site *site, const struct rules *rules, uint64_t cfa, uint32_t number,
                           uint64_t entered, uint64_t now) {
  const int32_t offset = rules->saved[number];
  const uint64_t found = offset == NOT_SAVED ? now : word_at(cfa + (uint64_t)(int64_t)offset);
  if (found == entered) return;
  const uint32_t kind = offset == NOT_SAVED               ? VIOLATION_UNWIND_KEPT
                        : number == FP && found == now    ? VIOLATION_UNWIND_FRAME
                                                          : VIOLATION_UNWIND_SAVED;
  violate(site, kind, number, entered, found);
}

/* The first 128 bits, which is all that Cranelift saves (docs/findings.md, F12 and F14 say more). */
static void check_vectors(const struct site *site, const struct rules *rules, uint64_t cfa, const uint64_t *entered) {
  const uint64_t *now = vectors_as_they_are();
  const uint32_t words = vector_length(), looked_at = words < 2 ? words : 2;
  for (uint32_t r = 0; r < 32; r++) {
    for (uint32_t i = 0; i < looked_at; i++)
      check_register(site, rules, cfa + i * 8, FIRST_V + r, entered[r * words + i], now[r * words + i]);
  }
}

void unwind_check(const struct unwind_table *table, const struct call *call, uint64_t back) {
  const struct call *caller = call - 1;
  const uint64_t place = call->x[RA] - 1; /* within the call */
  const struct unwind_function *fn = find_function(table, place);
  /* The run's entry has no stub; its slot holds what the trampoline jumped to. */
  const uint64_t running = caller->callee == NULL ? caller->x[RA] : caller->callee->target;
  if (fn == NULL || fn->start != running) return;
  struct rules rules;
  find_rules(table, fn, place, &rules);
  const struct site site = {.callee = caller->callee, .return_address = call->x[RA]};

  /* Of a function that a tail call entered, sp at that: what lay above it before is nobody's to know. */
  const uint64_t entry_sp =
      caller->callee == NULL ? caller->x[SP] : caller->sp_after - caller->callee->popped_bytes;
  const uint64_t cfa = (rules.cfa_register < 32 ? call->x[rules.cfa_register] : 0) + (uint64_t)(int64_t)rules.cfa_offset;
  if (entry_sp - cfa > fn->growth) {
    violate(&site, VIOLATION_UNWIND_CFA, 0, entry_sp, cfa);
    return;
  }
  check_register(&site, &rules, cfa, RA, back, call->x[RA]);
  for (uint32_t r = SP + 1; r < 32; r++) {
    if (caller->promised_x >> r & 1) check_register(&site, &rules, cfa, r, caller->x[r], call->x[r]);
  }
  for (uint32_t r = 0; r < 32; r++) {
    if (caller->promised_f >> r & 1) check_register(&site, &rules, cfa, FIRST_F + r, caller->f[r], call->f[r]);
  }
  if (caller->vectors != NULL) check_vectors(&site, &rules, cfa, caller->vectors);
}
