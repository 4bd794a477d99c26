#ifndef CALLFUZZ_FAILURE_H
#define CALLFUZZ_FAILURE_H

#include <stdint.h>

/* Writes "message 0xvalue" to standard error and ends the process with status 70. Safe in a handler. */
void fail(const char *message, uint64_t value) __attribute__((noreturn));

#endif
