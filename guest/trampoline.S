# Enters the code under test with every register loaded from memory, and stores every register when it comes back.
# Offsets follow struct machine in trampoline.h.

#define X(n) (8 * (n))
#define F(n) (256 + 8 * (n))
#define FCSR 512
#define VTYPE 520
#define VL 528
#define VCSR 536
#define VECTORS 544
#define WITH_V 552

    .option norelax          # gp is not ours while these run
    .option arch, +v
    .text

    .macro for_each_f op, base
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op f\n, F(\n)(\base)
    .endr
    .endm

# int trampoline_enter(struct machine *): 0 when the code returned, 1 when a handler gave it up.
    .globl trampoline_enter
    .type trampoline_enter, @function
    .balign 64
trampoline_enter:
    lla t0, harness_registers
    .irp n, 1,2,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    sd x\n, X(\n)(t0)
    .endr
    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27
    fsd f\n, F(\n)(t0)
    .endr

    lla t0, machine_before_call
    sd a0, 0(t0)
    ld t0, WITH_V(a0)
    beqz t0, 1f
    ld t0, VECTORS(a0)
    csrr t1, vlenb
    slli t1, t1, 3
    vl8re64.v v0, (t0)
    add t0, t0, t1
    vl8re64.v v8, (t0)
    add t0, t0, t1
    vl8re64.v v16, (t0)
    add t0, t0, t1
    vl8re64.v v24, (t0)
    ld t0, VL(a0)
    ld t1, VTYPE(a0)
    vsetvl zero, t0, t1
    ld t0, VCSR(a0)
    csrw vcsr, t0
1:
    ld t0, FCSR(a0)
    mv ra, a0
    for_each_f fld, ra
    fscsr t0
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, X(\n)(ra)
    .endr
    ld ra, X(1)(ra)
    jalr ra, 0(ra)           # ra is target before and link after: no other register is needed

    .globl trampoline_return
trampoline_return:
    # No register is free yet. If sp is wrong this store may fault: the handler then reports sp.
    sd ra, -8(sp)
    lla ra, machine_after
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, X(\n)(ra)
    .endr
    for_each_f fsd, ra
    ld t0, -8(sp)
    sd t0, X(1)(ra)
    frcsr t0
    sd t0, FCSR(ra)
    ld t0, WITH_V(ra)
    beqz t0, 2f
    csrr t0, vtype
    sd t0, VTYPE(ra)
    csrr t0, vl
    sd t0, VL(ra)
    csrr t0, vcsr
    sd t0, VCSR(ra)
    ld t0, VECTORS(ra)
    csrr t1, vlenb
    slli t1, t1, 3
    vs8r.v v0, (t0)
    add t0, t0, t1
    vs8r.v v8, (t0)
    add t0, t0, t1
    vs8r.v v16, (t0)
    add t0, t0, t1
    vs8r.v v24, (t0)
2:
    li a0, 0
    j harness_resume

# void trampoline_abandon(void): does not return; trampoline_enter's caller sees 1.
    .globl trampoline_abandon
    .type trampoline_abandon, @function
trampoline_abandon:
    li a0, 1
harness_resume:
    lla t0, machine_before_call
    ld t0, 0(t0)
    ld t0, WITH_V(t0)
    beqz t0, 3f
    vsetivli zero, 1, e64, m1, ta, ma   # one vtype for the harness: QEMU translates it once
3:
    lla t0, harness_registers
    .irp n, 1,2,3,4,8,9,18,19,20,21,22,23,24,25,26,27
    ld x\n, X(\n)(t0)
    .endr
    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27
    fld f\n, F(\n)(t0)
    .endr
    fscsr zero
    ret

    .globl trampoline_start
    .type trampoline_start, @function
trampoline_start:
    lla t0, harness_registers
    sd tp, X(4)(t0)
    ret

# Signal handler. The code under test may have spoiled gp and tp, which the C part needs.
    .globl trampoline_signal
    .type trampoline_signal, @function
trampoline_signal:
    lla gp, __global_pointer$
    lla t0, harness_registers
    ld tp, X(4)(t0)
    tail handle_signal

    .local harness_registers
    .comm harness_registers, 512, 16
    .local machine_before_call
    .comm machine_before_call, 8, 8
