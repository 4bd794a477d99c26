#include "veneer.h"

#include <string.h>
#include <sys/mman.h>

#include "failure.h"
#include "poison.h"
#include "veneer_check.h"
#include "veneer_log.h"
#include "throw.h"
#include "unwind.h"

/* Frames of 16 bytes fill the stack before calls fill this. */
#define SHADOW_CALLS (STACK_BYTES / 16 + 16)
#define SHADOW_KEPT 4096u /* calls whose memory is kept from run to run */
#define VECTOR_CALLS 256u /* calls nested so deep whose vector registers are remembered */
#define DEAD_BYTES 512u   /* spoilt below sp after a call */
#define CYCLES 31u /* calls until poison begins again */
#define CYCLE_WORDS 128u

enum { RA = 1, SP = 2, FP = 8, A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, A6 = 16, FS1 = 9, FA0 = 10, FA1 = 11 };

/* sp, x0 and what stubs use are nobody's to poison; gp and tp are unallocatable. */
#define FIXED_X (1u << 0 | 1u << RA | 1u << SP | 1u << 3 | 1u << 4 | 1u << 30 | 1u << 31)

extern const unsigned char veneer_gate[], veneer_gate_end[], veneer_vector_gate[], veneer_vector_gate_end[];
extern const char veneer_call[], veneer_runtime_end[], veneer_plain_return[], veneer_vector_return[];
void veneer_fill_vectors(const uint64_t poison[4]);
struct call *veneer_enter(struct call *now);
struct call *veneer_leave(struct call *now);

/* Shared with veneer.S. */
struct call *veneer_slot; /* above the innermost call */
uint64_t veneer_tp, veneer_with_vectors, veneer_vl, veneer_vtype;
uint64_t veneer_ra, veneer_target, veneer_t5; /* loaded last */

static struct call *shadow, *deepest;
static uint64_t return_point;
static uint32_t vector_words;
static uint64_t *vector_saves; /* VECTOR_CALLS of v0-v31 */
static volatile int is_active;

static struct poison poison;
static uint32_t call_count;
static const struct unwind_table *unwind_table; /* NULL: nobody is unwound */
static int poisons_vectors;
/* Below sp. Not where a guard lies: it would be touched by nobody's code, and after what lies below it. */
static int spoils_dead;

static void *map(uint64_t bytes) {
  void *at = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) fail("guest: cannot map bytes", bytes);
  return at;
}

void veneer_start(uint32_t vector_bytes) {
  const int has_vectors = vector_bytes > 0;
  __asm__("mv %0, tp" : "=r"(veneer_tp));
  veneer_with_vectors = (uint64_t)has_vectors;
  vector_words = vector_bytes * 32 / 8;
  return_point = (uint64_t)(has_vectors ? veneer_vector_return : veneer_plain_return);
  shadow = map((SHADOW_CALLS + 1) * sizeof *shadow);
  vector_saves = map((uint64_t)vector_words * 8 * (VECTOR_CALLS + 1));
  check_start(vector_saves + (size_t)vector_words * VECTOR_CALLS, vector_words);

  void *gate = mmap((void *)RUNTIME_BASE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (gate != (void *)RUNTIME_BASE) fail("guest: cannot map at", RUNTIME_BASE);
  const unsigned char *from = has_vectors ? veneer_vector_gate : veneer_gate;
  const unsigned char *end = has_vectors ? veneer_vector_gate_end : veneer_gate_end;
  memcpy(gate, from, (size_t)(end - from));
  __asm__ volatile("fence.i" ::: "memory");
}

void veneer_begin(const struct job *job, const struct poison *of_run, const struct machine *before) {
  if (deepest > shadow + SHADOW_KEPT) {
    madvise(shadow + SHADOW_KEPT, (size_t)(deepest - (shadow + SHADOW_KEPT)) * sizeof *shadow, MADV_DONTNEED);
  }
  struct call *base = shadow;
  memcpy(base->x, before->x, sizeof base->x + sizeof base->f);
  base->fcsr = before->fcsr;
  base->callee = base->first = NULL;
  base->sp_after = before->x[SP] + job->request->popped_bytes;
  base->return_area = job->request->flags & HAS_RETURN_AREA ? before->x[A0] : 0;
  base->has_frame_record = 0;
  base->promised_x = job->request->saved_x & ~(1u << RA | 1u << SP);
  base->promised_f = job->request->saved_f;
  base->vectors = NULL;
  base->sret = 0;
  veneer_slot = deepest = base + 1;
  poison = *of_run;
  poisons_vectors = before->with_vectors != 0;
  spoils_dead = job->run->guard == 0;
  veneer_vl = poisons_vectors ? before->vl : 1;
  veneer_vtype = poisons_vectors ? before->vtype : 3 << 3;
  call_count = 0;
  const uint32_t unwind_offset = job->request->unwind_offset;
  unwind_table = unwind_offset == 0 ? NULL : (const struct unwind_table *)(job->request->base + unwind_offset);
  veneer_violation_count = 0;
  log_begin(job->request->log_bytes);
  is_active = 0;
}

int veneer_covers(uint64_t pc) {
  return is_active || (pc >= (uint64_t)veneer_call && pc < (uint64_t)veneer_runtime_end) ||
         (pc >= RUNTIME_BASE && pc < RUNTIME_BASE + 4096);
}

/* The words a call is spoilt with. */
static const uint64_t *cycle(void) { return poison.words + POISON_STACK + call_count % CYCLES * CYCLE_WORDS; }

/* The high bits of results in memory that are nobody's to define. */
static void spoil_results(struct call *now, uint64_t area, const struct callee *callee) {
  const uint32_t *fields = callee->fields + callee->argument_count;
  for (uint32_t i = 0; i < callee->result_count; i++) {
    if (FIELD_REST(fields[i]) != REST_UNDEFINED || FIELD_PLACE(fields[i]) != PLACE_MEMORY) continue;
    uint64_t *at = field_at(now, area, fields[i]);
    const uint64_t mask = (1ull << FIELD_BITS(fields[i])) - 1;
    if (at != NULL) *at = (*at & mask) | ((cycle()[i % CYCLE_WORDS] ^ poison.key) & ~mask);
  }
}

/* Registers in the masks become poison. */
static void spoil_registers(struct call *now, uint32_t in_x, uint32_t in_f) {
  const uint64_t *words = cycle(), key = poison.key;
  for (uint32_t r = 5; r < 32; r++) {
    if (in_x >> r & 1) now->x[r] = words[r] ^ key;
  }
  for (uint32_t r = 0; r < 32; r++) {
    if (in_f >> r & 1) now->f[r] = words[32 + r] ^ key;
  }
}

/* Nobody may count on what lies below sp. */
static void spoil_dead(size_t place, uint64_t sp) {
  const uint64_t room = sp - STACK_BASE, dead = room < DEAD_BYTES ? room : DEAD_BYTES;
  if (spoils_dead) poison_fill(&poison, place, (uint64_t *)(sp - dead), dead / 8);
}

static void spoil_after(struct call *now, const struct call *then) {
  const struct callee *callee = then->callee, *first = then->first;
  const uint64_t *words = cycle(), key = poison.key;
  uint64_t keep[4];
  memcpy(keep, callee->result_masks, sizeof keep);
  const int is_same = first->result_key == callee->result_key;
  for (int i = 0; !is_same && i < 4; i++) keep[i] |= first->result_masks[i];
  if (is_same && callee->return_bytes > 0) spoil_results(now, then->return_area, callee);
  const uint64_t a0 = now->x[A0], a1 = now->x[A1], fa0 = now->f[FA0], fa1 = now->f[FA1];
  spoil_registers(now, ~(then->promised_x | FIXED_X), ~then->promised_f);
  /* What is promised holds no result. */
  if (!(then->promised_x >> A0 & 1)) now->x[A0] = (a0 & keep[0]) | (now->x[A0] & ~keep[0]);
  if (!(then->promised_x >> A1 & 1)) now->x[A1] = (a1 & keep[1]) | (now->x[A1] & ~keep[1]);
  if (!(then->promised_f >> FA0 & 1)) now->f[FA0] = (fa0 & keep[2]) | (now->f[FA0] & ~keep[2]);
  if (!(then->promised_f >> FA1 & 1)) now->f[FA1] = (fa1 & keep[3]) | (now->f[FA1] & ~keep[3]);

  const uint64_t sp = now->x[SP];
  /* Where sp is wrong that has been said, and what lies below it may be the caller's frame. */
  if (sp == then->sp_after && is_in_stack(sp, 0) && sp % 8 == 0) {
    const size_t place = (size_t)(words - poison.words) + CYCLE_WORDS / 2;
    spoil_dead(place, sp);
    /* Of a callee that pops they lie below sp already. */
    if (callee->popped_bytes == 0 && callee->argument_bytes > 0 &&
        is_in_stack(sp, callee->argument_bytes)) {
      poison_fill(&poison, place, (uint64_t *)sp, callee->argument_bytes / 8);
    }
  }
  if (poisons_vectors && then->vectors == NULL) {
    const uint64_t fill[4] = {words[100] ^ key, words[101] ^ key, words[102] ^ key, words[103] ^ key};
    veneer_fill_vectors(fill);
  }
  veneer_ra = words[1] ^ key;
  veneer_t5 = words[30] ^ key;
}

/* Checks what the callee of `then` left in `now` and spoils what the caller may not count on. */
static void finish(struct call *now, struct call *then) {
  const struct callee *callee = then->callee;
  const struct site site = {.callee = callee, .return_address = then->x[RA]};
  check_promises(&site, then, now);
  if (now->x[SP] != then->sp_after) violate(&site, VIOLATION_X, SP, then->sp_after, now->x[SP]);
  check_fields(&site, VIOLATION_RESULT, now, then->return_area, callee->fields + callee->argument_count,
               callee->result_count);
  if (callee->sret != NO_FIELD && now->x[A0] != then->sret) violate(&site, VIOLATION_X, A0, then->sret, now->x[A0]);
  log_return(&site, now, (uint32_t)(then - shadow), then->return_area);
  spoil_after(now, then);
}

/* Where the function that runs in `call` returns to. */
static uint64_t back_from(const struct call *call) {
  return call == shadow ? (uint64_t)trampoline_return : return_point;
}

/* An unwinder goes from frame to frame by these: the caller's fp has to point at its own caller's fp and the way back there. */
static void check_frame_chain(const struct call *call) {
  const struct site site = {.callee = call->first, .return_address = call->x[RA]};
  check_frame_record(&site, call);
  const struct call *older = call - 1;
  const uint64_t expected[2] = {older->x[FP], back_from(older)};
  for (uint32_t i = 0; i < 2; i++) {
    const uint64_t found = call->has_frame_record ? call->frame_record[i] : 0;
    if (found != expected[i]) violate(&site, VIOLATION_FRAME_RECORD, i * 8, expected[i], found);
  }
}

/* The registers at a handler: payloads, sp, fp, and what the call's convention says an unwinder restores. */
static void load_handler(struct call *now, const struct landing *landing, uint64_t first_payload, uint64_t second_payload) {
  const struct call *at = landing->at;
  const uint32_t saved = at->first->flags & CALLEE_RESTORES ? PSABI_SAVED : 1u << FP;
  const uint32_t saved_f = at->first->flags & CALLEE_RESTORES ? PSABI_SAVED : 0;
  for (uint32_t r = 3; r < 32; r++) {
    if ((saved | 3u << 3) >> r & 1) now->x[r] = at->x[r];
  }
  for (uint32_t r = 0; r < 32; r++) {
    if (saved_f >> r & 1) now->f[r] = at->f[r];
  }
  /*
   * Cranelift does not save fs1 (docs/findings.md, F1): spoilt every time it would be all that exceptions ever show. Seeds decide; in one
   * of eight it goes the way of the others.
   */
  const uint32_t spared_f = poison.key >> 61 == 0 ? saved_f : saved_f | 1u << FS1;
  if (spared_f >> FS1 & 1) now->f[FS1] = at->f[FS1];
  spoil_registers(now, ~(saved | FIXED_X), ~spared_f);
  now->x[A0] = first_payload;
  now->x[A1] = second_payload;
  now->x[SP] = landing->sp;
}

/* Arguments are the callee's to overwrite, and nobody may read results of a call that did not return. */
static void spoil_areas(const struct call *at, uint64_t sp) {
  const struct callee *callee = at->first;
  const size_t place = (size_t)(cycle() - poison.words);
  spoil_dead(place, sp);
  if (is_in_stack(sp, callee->argument_bytes)) poison_fill(&poison, place, (uint64_t *)sp, callee->argument_bytes / 8);
  const uint64_t area = at->return_area;
  if (area >= sp && area % 8 == 0 && is_in_stack(area, callee->return_bytes))
    poison_fill(&poison, place, (uint64_t *)area, callee->return_bytes / 8);
}

/*
 * Of the routine that names an instance: where its caller says in a2 that it returns to, with its frame pointer in a1, that has to be
 * what its frame record holds. 0 and 1 say nothing.
 */
static void check_return_address(const struct site *site, uint64_t fp, uint64_t place) {
  if (place <= 1 || fp % 8 != 0 || !is_in_stack(fp, 16)) return;
  const uint64_t saved = ((const uint64_t *)fp)[1];
  if (saved != place) violate(site, VIOLATION_RETURN_ADDRESS, RA, saved, place);
}

/* Plays the routine that throws, called by `then`: goes on at the nearest handler. */
static struct call *throw_exception(struct call *now, struct call *then, const struct callee *callee) {
  const uint64_t instance = now->x[A6], first_payload = now->x[A4], second_payload = now->x[A5];
  if (callee->flags & CALLEE_NAMES_INSTANCE) {
    const struct site site = {.callee = callee, .return_address = then->x[RA]};
    check_return_address(&site, now->x[A1], now->x[A2]);
  }
  const struct landing landing =
      throw_find((const struct throw_table *)callee->target, then, shadow, now->x[A0], (uint32_t)now->x[A3],
                 callee->flags & CALLEE_NAMES_INSTANCE ? &instance : NULL);
  const struct call *outermost = landing.at == NULL ? shadow + 1 : landing.at;
  for (const struct call *call = then; call >= outermost; call--) check_frame_chain(call);
  if (landing.at == NULL) execute_stop_in_veneer(UNCAUGHT, then->x[RA]);
  const uint64_t sp = landing.at->x[SP];
  if (landing.sp != sp) {
    const struct site site = {.callee = landing.at->first, .return_address = landing.at->x[RA]};
    violate(&site, VIOLATION_HANDLER_SP, SP, sp, landing.sp);
  }
  load_handler(now, &landing, first_payload, second_payload);
  if (landing.sp % 8 == 0 && is_in_stack(landing.sp, 0)) spoil_areas(landing.at, landing.sp);
  if (poisons_vectors) {
    const uint64_t *words = cycle(), key = poison.key;
    const uint64_t fill[4] = {words[100] ^ key, words[101] ^ key, words[102] ^ key, words[103] ^ key};
    veneer_fill_vectors(fill);
  }
  veneer_ra = cycle()[1] ^ poison.key;
  veneer_t5 = cycle()[30] ^ poison.key;
  veneer_target = landing.target;
  veneer_slot = landing.at;
  is_active = 0;
  return now;
}

struct call *veneer_enter(struct call *now) {
  is_active = 1;
  const struct callee *callee = now->callee;
  const uint64_t ra = now->x[RA], sp = now->x[SP];
  const int is_tail = ra == return_point || ra == (uint64_t)trampoline_return;
  struct call *then;
  struct site site = {.callee = callee, .is_tail = is_tail, .return_address = ra};
  call_count++;
  if (is_tail) {
    then = now - 1;
    site.tail_caller = then->callee;
    if (then != shadow) site.return_address = then->x[RA];
    check_promises(&site, then, now);
    if (sp + callee->popped_bytes != then->sp_after)
      violate(&site, VIOLATION_TAIL_SP, SP, then->sp_after - callee->popped_bytes, sp);
    then->callee = callee;
    veneer_ra = ra;
  } else {
    then = now;
    if (now == shadow + SHADOW_CALLS) execute_stop_in_veneer(HUNG, callee->target);
    veneer_slot = now + 1;
    if (veneer_slot > deepest) deepest = veneer_slot;
    then->first = callee;
    then->sp_after = sp + callee->popped_bytes;
    then->promised_x = callee->saved_x & ~(1u << RA | 1u << SP);
    then->promised_f = callee->saved_f;
    then->return_area = 0;
    const uint64_t fp = now->x[FP];
    then->has_frame_record = fp % 8 == 0 && fp >= then->sp_after && is_in_stack(fp, 16);
    if (then->has_frame_record) memcpy(then->frame_record, (const void *)fp, 16);
    then->vectors = NULL;
    const size_t depth = (size_t)(now - shadow);
    if (callee->flags & CALLEE_SAVES_VECTORS && poisons_vectors && depth < VECTOR_CALLS) {
      then->vectors = vector_saves + vector_words * depth;
      veneer_store_vectors(then->vectors);
    }
    if (unwind_table != NULL) unwind_check(unwind_table, then, back_from(then - 1));
    veneer_ra = return_point;
  }
  if (sp % 16 != 0) violate(&site, VIOLATION_ALIGNMENT, SP, sp & ~15ull, sp);
  check_fields(&site, VIOLATION_ARGUMENT, now, sp, callee->fields, callee->argument_count);
  if (callee->sret != NO_FIELD) {
    const uint64_t *at = field_at(now, sp, callee->sret);
    then->sret = at == NULL ? 0 : *at;
  }
  if (callee->flags & CALLEE_THROWS) return throw_exception(now, then, callee);
  log_call(&site, now, (uint32_t)(then - shadow));
  if (callee->flags & CALLEE_RETURN_AREA) {
    const uint64_t area = now->x[A0];
    then->return_area = area;
    /* A tail callee may be handed on what the caller of its caller has not read yet: the area only, and that is empty. */
    if (area >= sp && area % 8 == 0 && is_in_stack(area, callee->return_bytes)) {
      poison_fill(&poison, (size_t)(cycle() - poison.words), (uint64_t *)area, callee->return_bytes / 8);
    }
  }
  if (callee->target == 0) {
    answer(now, callee, then->return_area);
    if (callee->sret != NO_FIELD) now->x[A0] = then->sret;
    now->x[SP] = sp + callee->popped_bytes;
    if (is_tail) {
      /* Comes back at once where the function whose place it takes would have returned to. */
      spoil_registers(now, ~(then->promised_x | FIXED_X | 3u << A0), ~(then->promised_f | 3u << FA0));
      veneer_target = ra;
    } else {
      /* `then` and `now` are one: what a foreign callee changes is never promised, and ra is read before it is spoilt. */
      veneer_target = ra;
      veneer_slot = then;
      finish(now, then);
    }
    is_active = 0;
    return now;
  }
  const uint32_t keep_x = then->promised_x | callee->saved_x | callee->argument_x | FIXED_X;
  const uint32_t keep_f = then->promised_f | callee->saved_f | callee->argument_f;
  spoil_registers(now, ~keep_x, ~keep_f);
  veneer_target = callee->target;
  veneer_t5 = cycle()[30] ^ poison.key;
  is_active = 0;
  return now;
}

struct call *veneer_leave(struct call *now) {
  is_active = 1;
  call_count++;
  struct call *then = now - 1;
  /* Nobody called: a return address was used twice, or made up. */
  if (then == shadow) execute_stop_in_veneer(SIGNALLED, return_point);
  const struct site site = {.callee = then->callee, .return_address = then->x[RA]};
  if (now->x[RA] != return_point) violate(&site, VIOLATION_X, RA, return_point, now->x[RA]);
  finish(now, then);
  veneer_target = then->x[RA];
  veneer_slot = then;
  is_active = 0;
  return now;
}
