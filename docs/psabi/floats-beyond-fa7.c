/*
 * P1. Nine doubles. RISC-V psABI, "Hardware Floating-Point Calling Convention": a real floating-point argument that finds no
 * floating-point register is passed according to the integer convention, so the ninth is in a0. Cranelift has it on the stack.
 */
#include "meet.h"

typedef double function(double, double, double, double, double, double, double, double, double);

function cranelift_callee;
double cranelift_caller(function *);

ALONE static double c_callee(double a, double b, double c, double d, double e, double f, double g, double h, double i) {
  (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  return i;
}

ALONE static double c_caller(function *f) { return f(1, 2, 3, 4, 5, 6, 7, 8, 9); }

int main(void) {
  MEET(9.0);
  return 0;
}
