/** Syntax that runtests and generated modules hardly use, as a text that today's reader takes. */
export const RARE_SYNTAX = `function %calls(i64 vmctx, i32 sext, i64 sarg(16)) -> i32 uext tail {
    region0 = 3 "heap"
    region1 = 4 "table"
    ss0 = explicit_slot 8, align = 16, key = 5
    ss2 = explicit_slot 0x20
    gv0 = vmctx
    gv1 = load.i64 notrap aligned readonly gv0+8
    gv2 = iadd_imm.i64 gv1, -16
    gv3 = symbol colocated tls %thing+8
    gv4 = symbol u0:7
    stack_limit = gv2
    sig0 = (i64) -> i32 tail
    sig1 = (i64, f64) -> i32, f32 system_v
    fn0 = colocated %calls2 sig0
    fn1 = patchable u0:2(i32) -> i32 tail
    fn2 = %Memcpy(i64, i64, i64) -> i64
block0(v0: i64, v1: i32, v2: i64):
@0001 v3 = load.i64 notrap region0 v0+16
<1, ss0> @0011 v4 = func_addr.i64 fn0
    v5 -> v3
    v6 = call fn1(v1), stack_map=[i64 @ ss0+0, i32 @ ss2 + 4]
    v7, v8 = call_indirect.i64 sig1, v4(v5, v10)
    try_call fn0(v5), sig0, block1(ret0, v0), [ tag1: block2(exn0, exn1), default: block3, context v0 ]
block1(v9: i32, v11: i64):
    try_call_indirect v4(v11), sig0, block4(ret0), []
block2(v12: i64, v13: i64):
    v14 = get_exception_handler_address.i64 block0, 1
    return_call_indirect sig0, v4(v14)
block3 cold:
    v10 = f64const 0x1.8p3
    return_call fn0(v0)
block4(v15: i32):
    return v15
}

function u1:2(i32, f32, i8x16, i64) -> i32, f32 {
    const0 = 0x000102030405060708090a0b0c0d0e0f
    const1 = i32x4 [1 -2 0x3 4]
    const2 = f32x4 0x01
    const3 = 0x00112233445566778899aabbccddeeff
block0(v0: i32, v1: f32, v2: i8x16, v3: i64):
    v4 = vconst.i8x16 const0
    v5 = vconst.i32x4 [0 -1 0xffff_ffff 4]
    v6 = vconst.f32x4 [0x1.8p3 -NaN:0x1 +Inf 0.0]
    v7 = shuffle v2, v4, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31]
    v8 = shuffle v2, v4, 0x000102030405060708090a0b0c0d0e0f
    v9 = extractlane v7, 3
    v10 = insertlane v7, v9, 0x0f
    v11 = iconst.i8 -128
    v12 = f16const +sNaN:0x1
    v13 = f128const -0x1.8p-3
    v14 = f32const -NaN:0x7
    v15 = f64const 0x0.8p-1022
    v16 = atomic_rmw.i32 little nand v3, v0
    v17 = atomic_cas.i32 user7 v3, v0, v16
    v18 = atomic_load.i16 aligned v3
    atomic_store notrap v18, v3
    v19 = bitcast.i32 v1
    v20 = bitcast.i64x2 little v2
    v21 = uadd_overflow_trap v0, v19, user1
    v22, v23 = uadd_overflow v0, v21
    trapz v0, heap_oob
    v24 = icmp ult v0, v19
    v25 = fcmp ueq v1, v14
    v26 = select v24, v1, v14
    v27 = fma v1, v14, v26
    v28 = fcvt_to_sint_sat.i64 v27
    v29, v30 = isplit v28
    v31 = snarrow v5, v5
    v32 = swiden_low v31
    v33 = uload8x8 can_move v3-8
    istore16 little v0, v3+0x10
    v34 = stack_switch v3, v3, v3
    v35 = get_pinned_reg.i64
    set_pinned_reg v35
    br_table v0, block1(v0), [block1(v0), block2, block1(v21)]
block1(v36: i32):
    brif v36, block2, block3(v36, v1)
block2:
    trap stk_ovf
block3(v37: i32, v38: f32):
    return v37, v38
}
; run: %g(1, 0x1.0p0, 0x00, -1) == [1, NaN]
`;
