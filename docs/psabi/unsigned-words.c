/*
 * P3. An unsigned int with its top bit set. RISC-V psABI, "Integer Calling Convention": integers narrower than XLEN bits are widened
 * according to the sign of their type up to 32 bits, then sign-extended, so it is 0xffffffff80000000 in its register. Cranelift makes
 * 0x0000000080000000 of an `i32 uext`. As a callee gcc counts on the extension and compares whole registers; as a caller gcc 12 extends
 * a result once more, so the caller here looks at the whole register itself.
 */
#include "meet.h"

typedef unsigned function(unsigned);

function cranelift_callee;
long cranelift_caller(function *);

#define TOP 0x80000000u

ALONE static unsigned c_callee(unsigned x) { return x == TOP ? TOP : 0; }

ALONE static long c_caller(function *f) {
  long (*whole)(unsigned) = (long (*)(unsigned))(void (*)(void))f;
  return whole(TOP) == (long)(int)TOP;
}

int main(void) {
  MEET(1);
  return 0;
}
