/*
 * P2. An __int128 on the stack behind one long. RISC-V psABI, "Integer Calling Convention": scalars passed on the stack are aligned
 * to the greater of the type's alignment and XLEN bits, so it is at sp+16. Cranelift has it at sp+8. The same holds for f128, C's long double.
 */
#include "meet.h"

typedef __int128 function(long, long, long, long, long, long, long, long, long, __int128);

function cranelift_callee;
__int128 cranelift_caller(function *);

#define VALUE (((__int128)1 << 64) + 2)

ALONE static __int128 c_callee(long a, long b, long c, long d, long e, long f, long g, long h, long i, __int128 j) {
  (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)i;
  return j;
}

ALONE static __int128 c_caller(function *f) { return f(7, 7, 7, 7, 7, 7, 7, 7, 7, VALUE); }

int main(void) {
  MEET(VALUE);
  return 0;
}
