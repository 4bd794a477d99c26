/*
 * Four meetings of a caller and a callee. `cranelift_callee` and `cranelift_caller` are u0:0 and u0:1 of the .clif file beside the
 * program, compiled by Cranelift and linked in; test/psabi-divergences.test.ts does so.
 */
#include <stdio.h>

#define ALONE __attribute__((noipa))

#define REPORT(who, result, expected) printf("%s: %s\n", who, (result) == (expected) ? "right" : "wrong")

#define MEET(expected)                                                             \
  do {                                                                             \
    REPORT("C calls C", c_caller(c_callee), expected);                             \
    REPORT("Cranelift calls Cranelift", cranelift_caller(cranelift_callee), expected); \
    REPORT("C calls Cranelift", c_caller(cranelift_callee), expected);             \
    REPORT("Cranelift calls C", cranelift_caller(c_callee), expected);             \
  } while (0)
