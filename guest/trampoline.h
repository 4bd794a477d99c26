#ifndef CALLFUZZ_TRAMPOLINE_H
#define CALLFUZZ_TRAMPOLINE_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* Every register. trampoline.S knows the offsets. */
struct machine {
  uint64_t x[32]; /* x[1] before: the address to call */
  uint64_t f[32];
  uint64_t fcsr, vtype, vl, vcsr;
  void *vectors; /* v0-v31, 8-byte aligned */
  uint64_t with_vectors;
};

_Static_assert(offsetof(struct machine, f) == 256 && offsetof(struct machine, fcsr) == 512, "trampoline.S");
_Static_assert(offsetof(struct machine, vectors) == 544 && offsetof(struct machine, with_vectors) == 552, "trampoline.S");

/* Registers as the code under test left them. */
extern struct machine machine_after;

/* 0: the code returned. 1: trampoline_abandon was called. */
int trampoline_enter(struct machine *before);
void trampoline_abandon(void) __attribute__((noreturn));
void trampoline_signal(int signal, siginfo_t *info, void *context);

/* Notes tp for trampoline_signal: call before any signal can come. */
void trampoline_start(void);

/* The address the code under test returns to. */
extern const char trampoline_return[];

#endif
