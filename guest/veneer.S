# The runtime behind every stub: stores all registers in a slot of the shadow stack, lets C look at them, loads them and goes on.
# Offsets follow struct call in veneer.h.

#define X(n) (8 * (n))
#define F(n) (256 + 8 * (n))
#define FCSR 512
#define CALLEE 520
#define VENEER_STACK_BYTES 65536

    .option norelax          # gp is not ours while these run
    .option arch, +v
    .text

    .macro for_each_f op, base
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op f\n, F(\n)(\base)
    .endr
    .endm

# Copied to RUNTIME_BASE, one of the two. QEMU translates what follows once for every vtype it is reached with, so the first instruction sets one.
    .globl veneer_gate
    .balign 8
veneer_gate:
    .option push
    .option norvc
    auipc t5, 0
    ld t5, 16(t5)
    jr t5
    nop
    .dword veneer_call
    .option pop
    .globl veneer_gate_end
veneer_gate_end:

    .globl veneer_vector_gate
    .balign 8
veneer_vector_gate:
    .option push
    .option norvc
    vsetivli zero, 1, e64, m1, ta, ma
    auipc t5, 0
    ld t5, 12(t5)
    jr t5
    .dword veneer_call
    .option pop
    .globl veneer_vector_gate_end
veneer_vector_gate_end:

    .macro store_registers
    ld t5, veneer_slot
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    sd x\n, X(\n)(t5)
    .endr
    for_each_f fsd, t5
    mv a0, t5
    frcsr t0
    sd t0, FCSR(a0)
    lla gp, __global_pointer$
    ld tp, veneer_tp
    lla sp, veneer_stack + VENEER_STACK_BYTES
    .endm



    .balign 64
    .globl veneer_call
veneer_call:
    store_registers
    sd t6, CALLEE(a0)
    call veneer_enter
    j veneer_resume

# Where every callee returns to.
    .globl veneer_vector_return
    .balign 8
veneer_vector_return:
    vsetivli zero, 1, e64, m1, ta, ma
    j veneer_plain_return

    .globl veneer_plain_return
    .balign 8
veneer_plain_return:
    store_registers
    call veneer_leave

veneer_resume:
    mv t6, a0
    for_each_f fld, t6
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
    ld x\n, X(\n)(t6)
    .endr
    ld ra, veneer_ra
    ld t5, veneer_with_vectors
    beqz t5, 1f
    ld t5, veneer_vl
    ld t6, veneer_vtype
    vsetvl zero, t5, t6
1:
    ld t6, veneer_target
    ld t5, veneer_t5
    jr t6

    .globl veneer_runtime_end
veneer_runtime_end:

# void veneer_store_vectors(uint64_t *to), void veneer_fill_vectors(const uint64_t poison[4]): v0-v31.
    .globl veneer_store_vectors
    .type veneer_store_vectors, @function
veneer_store_vectors:
    csrr t1, vlenb
    slli t1, t1, 3
    vs8r.v v0, (a0)
    add a0, a0, t1
    vs8r.v v8, (a0)
    add a0, a0, t1
    vs8r.v v16, (a0)
    add a0, a0, t1
    vs8r.v v24, (a0)
    ret

    .globl veneer_fill_vectors
    .type veneer_fill_vectors, @function
veneer_fill_vectors:
    vsetvli t0, zero, e64, m8, ta, ma
    ld t1, 0(a0)
    ld t2, 8(a0)
    vmv.v.x v0, t1
    vmv.v.x v8, t2
    ld t1, 16(a0)
    ld t2, 24(a0)
    vmv.v.x v16, t1
    vmv.v.x v24, t2
    vsetivli zero, 1, e64, m1, ta, ma
    ret

    .local veneer_stack
    .comm veneer_stack, VENEER_STACK_BYTES, 16
