# A callee that dumps its arguments and a caller that loads them; offsets follow record.h.
    .option norelax

    .macro each_x op, base
    .irp n, 0,1,2,3,4,5,6,7
    \op a\n, (8 * \n)(\base)
    .endr
    .endm

    .macro each_f op, base
    .irp n, 0,1,2,3,4,5,6,7
    \op fa\n, (64 + 8 * \n)(\base)
    .endr
    .endm

# Stands in for every C callee: dumps registers and stack into psabi_dump, answers with psabi_results.
    .globl psabi_shim
psabi_shim:
    lla t0, psabi_dump
    each_x sd, t0
    each_f fsd, t0
    mv t1, sp
    addi t2, t0, 128
    li t3, 48
1:
    ld t4, 0(t1)
    sd t4, 0(t2)
    addi t1, t1, 8
    addi t2, t2, 8
    addi t3, t3, -1
    bnez t3, 1b
    sd sp, 0(t2)
    lla t0, psabi_has_sret
    ld t0, 0(t0)
    beqz t0, 2f
    .irp n, 0,1,2,3
    li t1, 0x5e7 + \n
    sd t1, (8 * \n)(a0)
    .endr
2:
    lla t0, psabi_results
    ld a0, 0(t0)
    ld a1, 8(t0)
    fld fa0, 16(t0)
    fld fa1, 24(t0)
    ret

# void psabi_call(const struct request *, void (*target)(void)): leaves a0, a1, fa0, fa1 in psabi_results.
    .globl psabi_call
psabi_call:
    addi sp, sp, -16
    sd ra, 0(sp)
    sd s0, 8(sp)
    mv s0, sp
    mv t0, a0
    mv t5, a1
    addi sp, sp, -(48 * 8)
    mv t1, sp
    addi t2, t0, 128
    li t3, 48
1:
    ld t4, 0(t2)
    sd t4, 0(t1)
    addi t1, t1, 8
    addi t2, t2, 8
    addi t3, t3, -1
    bnez t3, 1b
    each_x ld, t0
    each_f fld, t0
    jalr t5
    lla t0, psabi_results
    sd a0, 0(t0)
    sd a1, 8(t0)
    fsd fa0, 16(t0)
    fsd fa1, 24(t0)
    mv sp, s0
    ld ra, 0(sp)
    ld s0, 8(sp)
    addi sp, sp, 16
    ret
