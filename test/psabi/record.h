/* What the host and the program that holds the psABI model against gcc say to each other; test/psabi/program.ts writes and reads the same bytes. */
#pragma once

#define STACK_WORDS 48
#define MAX_PARAMS 16
#define SRET_WORDS 4

typedef unsigned long word;

/* One signature, as the model has it: arguments by value for the C caller, by place for the C callee. */
struct request {
  word x[8], f[8], stack[STACK_WORDS];
  word result_x[2], result_f[2];
  word args[MAX_PARAMS][2];
  word given[2][2];
  word has_sret;
};

/* What gcc's code did. */
struct reply {
  /* The caller's call, as the shim found it. */
  word x[8], f[8], stack[STACK_WORDS], sp;
  word got[2][2];
  word got_memory[SRET_WORDS];
  /* The callee's view, and what it left behind. */
  word seen[MAX_PARAMS][2];
  word result_x[2], result_f[2];
  word given_memory[SRET_WORDS];
};
