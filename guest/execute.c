#include "execute.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "failure.h"
#include "poison.h"
#include "trampoline.h"
#include "veneer.h"

#define STACK_TOP (STACK_BASE + STACK_BYTES)
#define TICK_MS 25u
#define TICKS_TO_LEAVE 40 /* a hang is told of the code under test, which is most of the time where it hangs */
#define VECTOR_WORDS_LIMIT (32u * 1024u / 8u) /* v0-v31 of 8192 bits each; QEMU's largest VLEN is 1024 */

enum { RA = 1, SP = 2, A0 = 10, FA0 = 10 };

struct machine machine_after;

uint32_t execute_ticks;

static struct machine before;
static uint32_t vlenb;
static uint64_t vectors_before[VECTOR_WORDS_LIMIT], vectors_after[VECTOR_WORDS_LIMIT];
static unsigned char signal_stack[64 << 10] __attribute__((aligned(16)));

/* Shared with the handler. */
static volatile sig_atomic_t running, is_guarded, ticks, tick_limit;
static struct {
  uint32_t kind; /* RETURNED: came back, but storing the registers faulted, sp being wrong */
  uint32_t signal;
  uint64_t pc, address;
  struct machine machine;
} stopped;

static void stop(uint32_t kind, int signal, uint64_t address, const ucontext_t *context) __attribute__((noreturn));

static void stop(uint32_t kind, int signal, uint64_t address, const ucontext_t *context) {
  const mcontext_t *m = &context->uc_mcontext;
  running = 0;
  stopped.kind = kind;
  stopped.signal = (uint32_t)signal;
  stopped.pc = m->__gregs[0];
  stopped.address = address;
  stopped.machine.x[0] = 0;
  for (int i = 1; i < 32; i++) stopped.machine.x[i] = m->__gregs[i];
  for (int i = 0; i < 32; i++) stopped.machine.f[i] = m->__fpregs.__d.__f[i];
  stopped.machine.fcsr = m->__fpregs.__d.__fcsr;
  trampoline_abandon();
}

void execute_stop_in_veneer(uint32_t kind, uint64_t pc) {
  running = 0;
  memset(&stopped, 0, sizeof stopped);
  stopped.kind = kind;
  stopped.signal = SIGILL;
  stopped.pc = pc;
  trampoline_abandon();
}

/* Called by trampoline_signal. */
void handle_signal(int signal, siginfo_t *info, void *context);

void handle_signal(int signal, siginfo_t *info, void *context) {
  if (signal == SIGPROF) {
    if (!running || ++ticks < tick_limit) return;
    if (veneer_covers(((const ucontext_t *)context)->uc_mcontext.__gregs[0]) && ticks < tick_limit + TICKS_TO_LEAVE) return;
    stop(HUNG, signal, 0, context);
  }
  const uint64_t pc = ((const ucontext_t *)context)->uc_mcontext.__gregs[0];
  /* What looks at calls reads the stack too, and may be the first to come upon the guard. */
  if (!running || (veneer_covers(pc) && !is_guarded)) fail("guest: signal in the guest's own code", pc);
  /* The first store after the return is the only one that goes through the code's own sp. */
  const uint32_t kind = pc == (uint64_t)trampoline_return ? RETURNED : SIGNALLED;
  stop(kind, signal, (uint64_t)info->si_addr, context);
}

static void map_at(uint64_t address, uint64_t bytes, int protection) {
  void *at = mmap((void *)address, bytes, protection,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (at != (void *)address) fail("guest: cannot map at", address);
}

void execute_start(uint32_t vector_bytes) {
  vlenb = vector_bytes;
  if ((uint64_t)vlenb * 32 > sizeof vectors_before) fail("guest: vector registers too long, bytes", vlenb);
  poison_start();
  veneer_start(vector_bytes);
  map_at(CODE_BASE, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
  map_at(STACK_BASE - GUARD_BYTES, GUARD_BYTES, PROT_NONE);
  map_at(STACK_BASE, STACK_BYTES, PROT_READ | PROT_WRITE);
  map_at(STACK_TOP, GUARD_BYTES, PROT_NONE);

  trampoline_start();
  const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  if (sigaltstack(&stack, NULL) != 0) fail("guest: sigaltstack", 0);
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
  action.sa_sigaction = trampoline_signal;
  static const int SIGNALS[] = {SIGSEGV, SIGILL, SIGBUS, SIGTRAP, SIGFPE, SIGPROF};
  for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++) {
    if (sigaction(SIGNALS[i], &action, NULL) != 0) fail("guest: sigaction", (uint64_t)SIGNALS[i]);
  }
  /* Processor time, so that a loaded machine makes no hangs; one timer for all runs, so that a run costs no call. */
  const struct timeval tick = {.tv_usec = TICK_MS * 1000};
  const struct itimerval timer = {.it_interval = tick, .it_value = tick};
  if (setitimer(ITIMER_PROF, &timer, NULL) != 0) fail("guest: setitimer", 0);
}

/* Of the run before a guarded one: the lowest word of the stack that was written. */
static uint64_t lowest;

/* Where things lie on the stack, from sp at entry upwards: arguments, canary, return area, canary, guard page. */
struct frame {
  uint64_t *sp, *canary, *return_area, *upper_canary;
  size_t canary_words, upper_words;
  uint64_t bottom; /* of the poison below sp */
};

static struct frame lay_out(const struct request *request, const struct poison *poison) {
  /* sp is only 16-aligned by the ABI: vary it, so that code that wants more gets caught. */
  const uint64_t shift = poison_word(poison, POISON_MISC) % 16 * 16;
  const uint64_t upper = CANARY_BYTES + 256 - shift;
  const uint64_t lower = CANARY_BYTES + (poison_word(poison, POISON_MISC) >> 8) % 16 * 16;
  const uint64_t return_area = STACK_TOP - upper - request->return_bytes;
  const uint64_t sp = return_area - lower - request->argument_bytes;
  const uint64_t room = sp - STACK_BASE;
  return (struct frame){
      .bottom = sp - (request->poison_bytes < room ? request->poison_bytes : room),
      .sp = (uint64_t *)sp,
      .canary = (uint64_t *)(sp + request->argument_bytes),
      .canary_words = lower / 8,
      .return_area = (uint64_t *)return_area,
      .upper_canary = (uint64_t *)(STACK_TOP - upper),
      .upper_words = upper / 8,
  };
}

/*
 * vtype and vl are unspecified at a call (psABI, "Vector Register Convention"), but legal: SEW 8 to 64, LMUL 1 to 8. vstart must be 0, and is. QEMU translates code again for every vtype it is reached with, and for vl
 * being VLMAX: so the runs of a request share one vtype, there are few of them, and vl stays below
 * VLMAX.
 */
static void poison_vectors(const struct job *job, const struct poison *poison) {
  const uint64_t shared = poison_word(&job->first_poison, POISON_MISC + 1);
  const uint64_t bits = poison_word(poison, POISON_MISC + 2);
  const uint64_t lmul = shared & 3, sew = shared >> 2 & 3, policy = shared & 3;
  const uint64_t vlmax = ((uint64_t)vlenb << lmul) >> sew;
  before.vtype = policy << 6 | sew << 3 | lmul;
  before.vl = (bits >> 16) % vlmax;
  before.vcsr = bits >> 5 & 7;
  before.vectors = vectors_before;
  poison_fill(poison, POISON_VECTORS, vectors_before, (size_t)vlenb * 32 / 8);
}

static void prepare(const struct job *job, const struct poison *poison, const struct frame *frame) {
  const struct request *request = job->request;
  const uint64_t *masks = job->masks, *input = job->input;

  poison_fill(poison, POISON_X, before.x, 64); /* x and f lie together */
  for (size_t i = 0; i < 8; i++) {
    before.x[A0 + i] = (before.x[A0 + i] & ~masks[i]) | (input[i] & masks[i]);
    before.f[FA0 + i] = (before.f[FA0 + i] & ~masks[8 + i]) | (input[8 + i] & masks[8 + i]);
  }
  if (request->flags & HAS_RETURN_AREA) before.x[A0] = (uint64_t)frame->return_area;
  const uint64_t sp = (uint64_t)frame->sp;
  const size_t from_sp = job->run->from_sp;
  if (from_sp > 0 && from_sp <= 8) before.x[A0 + from_sp - 1] += sp;
  before.x[SP] = sp;
  before.x[RA] = request->base + request->entry_offset;
  before.fcsr = poison_word(poison, POISON_MISC + 2) & 0x1f; /* flags are unspecified; frm is round to nearest */
  before.with_vectors = (request->flags & WITH_VECTORS) != 0;
  if (before.with_vectors) poison_vectors(job, poison);
  machine_after.with_vectors = before.with_vectors && (request->flags & WANT_STATE) != 0;
  machine_after.vectors = vectors_after;

  masks += 16, input += 16;
  for (size_t i = 0; i < request->argument_bytes / 8; i++) {
    frame->sp[i] = (poison_filled(poison, POISON_ARGUMENTS, i) & ~masks[i]) | (input[i] & masks[i]);
  }
  if (from_sp > 16) frame->sp[from_sp - 17] += sp;
  const uint64_t above = STACK_TOP - (uint64_t)frame->canary;
  poison_fill(poison, POISON_STACK, frame->canary, above / 8);
  poison_fill(poison, POISON_STACK, (uint64_t *)frame->bottom, (sp - frame->bottom) / 8);
}

/* The lowest word from the bottom up to `end` that no longer holds its poison; `end` where all do. */
static uint64_t lowest_written(const struct poison *poison, const struct frame *frame, uint64_t end) {
  const uint64_t *words = (const uint64_t *)frame->bottom;
  for (size_t i = 0; (uint64_t)(words + i) < end; i++) {
    if (words[i] != poison_filled(poison, POISON_STACK, i)) return (uint64_t)(words + i);
  }
  return end;
}

/* Where the guard of a run begins: whole pages below sp, and something of what was written down to `lowest` below it. 0: there is no room. */
static uint64_t guard_start(const struct job *job, const struct frame *frame) {
  const uint64_t bytes = job->request->guard_bytes;
  const uint64_t first = ((uint64_t)frame->sp & ~(uint64_t)(PAGE_BYTES - 1)) - bytes;
  if (job->run->guard == 0 || bytes == 0 || first <= lowest) return 0;
  const uint64_t places = (first - lowest - 1) / PAGE_BYTES + 1;
  return first - (places * job->run->guard >> 16) * PAGE_BYTES;
}

static void protect(uint64_t address, uint64_t bytes, int protection) {
  if (mprotect((void *)address, bytes, protection) != 0) fail("guest: cannot protect", address);
}

struct report {
  struct violation *next;
  uint32_t count;
};

static void violate(struct report *report, uint32_t kind, int32_t index, uint64_t expected, uint64_t found) {
  if (report->count == MAX_VIOLATIONS) return;
  report->count++;
  *report->next++ = (struct violation){.kind = kind,
                                       .index = index,
                                       .expected = expected,
                                       .found = found,
                                       .callee = NO_CALLEE,
                                       .tail_caller = NO_CALLEE};
}

static void check_canary(struct report *report, const struct poison *poison, const struct frame *frame,
                         const uint64_t *canary, size_t count, uint64_t skip) {
  const size_t first = (size_t)(canary - frame->canary);
  for (size_t i = 0; i < count; i++) {
    const uint64_t expected = poison_filled(poison, POISON_STACK, first + i);
    /* The trampoline wrote just below the sp it was given. */
    if (canary[i] == expected || (uint64_t)&canary[i] == skip) continue;
    /* Which area was overrun: the nearer one. */
    const uint64_t *at = canary + i;
    const int is_argument = at - frame->canary < frame->return_area - at;
    const uint64_t *origin = is_argument ? frame->sp : frame->return_area;
    violate(report, is_argument ? VIOLATION_ARGUMENT_CANARY : VIOLATION_RETURN_CANARY, (int32_t)((at - origin) * 8),
            expected, *at);
  }
}

static uint32_t check(const struct job *job, const struct poison *poison, const struct frame *frame,
                      struct violation *out) {
  struct report report = {.next = out};
  const struct machine *after = &machine_after;
  before.x[RA] = (uint64_t)trampoline_return;
  before.x[SP] += job->request->popped_bytes;
  if (after->x[SP] != before.x[SP]) violate(&report, VIOLATION_X, SP, before.x[SP], after->x[SP]);
  for (int r = 1; r < 32; r++) {
    if (r == SP || !(job->request->saved_x >> r & 1) || after->x[r] == before.x[r]) continue;
    violate(&report, VIOLATION_X, r, before.x[r], after->x[r]);
  }
  for (int r = 0; r < 32; r++) {
    if (!(job->request->saved_f >> r & 1) || after->f[r] == before.f[r]) continue;
    violate(&report, VIOLATION_F, r, before.f[r], after->f[r]);
  }
  if (after->fcsr >> 5 != 0) violate(&report, VIOLATION_FRM, 0, 0, after->fcsr >> 5);
  const uint64_t skip = after->x[SP] == before.x[SP] ? 0 : after->x[SP] - 8;
  check_canary(&report, poison, frame, frame->canary, frame->canary_words, skip);
  check_canary(&report, poison, frame, frame->upper_canary, frame->upper_words, skip);
  return report.count;
}

uint64_t execute_record_limit(const struct request *request) {
  return sizeof(struct record) + 66 * 8 + request->return_bytes + 2 * MAX_VIOLATIONS * sizeof(struct violation) +
         2 * sizeof(uint64_t[32]) + (uint64_t)vlenb * 32 + request->log_bytes;
}

static unsigned char *put(unsigned char *out, const void *from, size_t bytes) {
  memcpy(out, from, bytes);
  return out + bytes;
}

void execute_run(const struct job *job, unsigned char *out) {
  const struct request *request = job->request;
  const struct poison poison = poison_of_seed(job->run->seed);
  const struct frame frame = lay_out(request, &poison);
  prepare(job, &poison, &frame);

  veneer_begin(job, &poison, &before);

  const uint64_t guard = guard_start(job, &frame), guard_bytes = job->request->guard_bytes;
  if (guard != 0) protect(guard, guard_bytes, PROT_NONE);
  is_guarded = guard != 0;
  ticks = 0;
  tick_limit = (sig_atomic_t)(job->limit_ms / TICK_MS + 2); /* the first tick may come at once */
  stopped.kind = RETURNED;
  running = 1;
  if (trampoline_enter(&before) != 0 && stopped.kind == RETURNED) {
    memcpy(&machine_after, &stopped.machine, offsetof(struct machine, vtype));
  }
  running = 0;
  execute_ticks += (uint32_t)ticks;
  struct report passed = {.next = veneer_violations + veneer_violation_count, .count = veneer_violation_count};
  if (guard != 0) {
    protect(guard, guard_bytes, PROT_READ | PROT_WRITE);
    const uint64_t below = lowest_written(&poison, &frame, guard);
    const int is_late = stopped.kind == SIGNALLED && stopped.address - guard < guard_bytes;
    if (below != guard) {
      violate(&passed, is_late ? VIOLATION_LATE_GUARD : VIOLATION_GUARD, (int32_t)(below - (uint64_t)frame.sp), guard,
              below);
    }
  } else if (request->guard_bytes > 0) {
    lowest = lowest_written(&poison, &frame, (uint64_t)frame.sp);
  }

  struct record record = {.kind = stopped.kind,
                          .violation_count = passed.count,
                          .log_bytes = veneer_log_bytes,
                          .log_is_cut = veneer_log_is_cut};
  const size_t inner_bytes = passed.count * sizeof(struct violation);
  unsigned char *end = out + sizeof record;
  if (record.kind == RETURNED) {
    end = put(end, &machine_after.x[A0], 16);
    end = put(end, &machine_after.f[FA0], 16);
    end = put(end, frame.return_area, request->return_bytes);
    end = put(end, veneer_violations, inner_bytes);
    const uint32_t outer = check(job, &poison, &frame, (struct violation *)end);
    record.violation_count += outer;
    end += outer * sizeof(struct violation);
    if (request->flags & WANT_STATE) {
      end = put(end, machine_after.x, 512);
      if (request->flags & WITH_VECTORS) end = put(end, vectors_after, (size_t)vlenb * 32);
    }
  } else {
    record.signal = stopped.signal;
    end = put(end, &stopped.pc, 16);
    end = put(end, stopped.machine.x, 512);
    end = put(end, veneer_violations, inner_bytes);
  }
  end = put(end, veneer_log, veneer_log_bytes);
  record.length = (uint32_t)(end - out);
  memcpy(out, &record, sizeof record);
}
