/** A changed meaning of an instruction: `from` stands once in `file` of `src/oracle` and becomes `to`. */
export interface Mutation {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function mutation(what: string, file: string, from: string, to: string): Mutation {
  return { what, file: `src/oracle/${file}.ts`, from, to };
}

/** At least one for each class of instructions; most are subtle, wrong on few inputs. */
export const MUTATIONS: readonly Mutation[] = [
  // Integers.
  mutation('isub of i64 with its operands exchanged', 'emit-integer', 'a.v - b.v', 'b.v - a.v'),
  mutation(
    'iadd of i64 cut to 63 bits',
    'emit-integer',
    'BigInt.asUintN(64, a.v + b.v)',
    'BigInt.asUintN(63, a.v + b.v)',
  ),
  mutation(
    'iabs of the least number',
    'integer',
    'sx(bits, x) < 0n ? -x : x)]',
    'sx(bits, x) < 0n ? -x - (-x === sx(bits, x) ? 1n : 0n) : x)]',
  ),
  mutation(
    'clz counts one less',
    'integer',
    'BigInt(bits - bitLength(x))]',
    'BigInt(bits - 1 - bitLength(x))]',
  ),
  mutation('cls of negative numbers', 'integer', 's < 0n ? ~s : s', 's < 0n ? -s : s'),
  mutation('ctz of zero', 'integer', 'x === 0n ? bits :', 'x === 0n ? bits - 1 :'),
  mutation(
    'popcnt of the high half',
    'integer',
    'for (; x !== 0n; x >>= 32n) n +=',
    'for (; x !== 0n; x >>= 33n) n +=',
  ),
  mutation(
    'bswap reverses bits',
    'integer',
    "['bswap', (bits) => (x) => reverseBytes(x, bits)]",
    "['bswap', (bits) => (x) => reverseBits(x, bits)]",
  ),
  mutation(
    'srem takes the sign of the divisor',
    'integer',
    'ux(bits, sx(bits, x) % sx(bits, y))',
    'ux(bits, ((sx(bits, x) % sx(bits, y)) + sx(bits, y)) % sx(bits, y))',
  ),
  mutation(
    'smulhi is unsigned',
    'integer',
    '(sx(bits, x) * sx(bits, y)) >> BigInt(bits))]',
    '(x * y) >> BigInt(bits))]',
  ),
  mutation(
    'sshr brings in zeros',
    'integer',
    'ux(bits, sx(bits, x) >> (y & mask))',
    'ux(bits, x >> (y & mask))',
  ),
  mutation(
    'ishl does not wrap its amount',
    'integer',
    'ux(bits, x << (y & mask))',
    'ux(bits, x << (y > 255n ? 255n : y))',
  ),
  mutation(
    'rotl by nothing',
    'integer',
    'return ux(bits, x << s) | (x >> (width - s));',
    'return s === 0n ? 0n : ux(bits, x << s) | (x >> (width - s));',
  ),
  mutation(
    'icmp sgt of equals',
    'integer',
    "sx(bits, x) > sx(bits, y)],\n  ['sge'",
    "sx(bits, x) >= sx(bits, y)],\n  ['sge'",
  ),
  mutation(
    'sextend does not extend the sign',
    'emit-integer',
    'BigInt.asUintN(to, BigInt.asIntN(from, x))',
    'BigInt.asUintN(to, x)',
  ),
  mutation(
    'bmask gives one',
    'emit-integer',
    'lanes === 1 ? (a.v === 0n ? 0n : ones)',
    'lanes === 1 ? (a.v === 0n ? 0n : 1n)',
  ),
  mutation(
    'select exchanges its values',
    'emit-move',
    'd.v = c.v === 0n ? y.v : x.v;',
    'd.v = c.v === 1n ? x.v : y.v;',
  ),
  mutation(
    'bitselect exchanges its values',
    'emit-move',
    'd.v = y.v ^ ((x.v ^ y.v) & c.v);',
    'd.v = x.v ^ ((x.v ^ y.v) & c.v);',
  ),
  mutation('bitcast big is little', 'emit-move', 'if (!isBig || from.laneBits', 'if (isBig || from.laneBits'),
  // i128.
  mutation(
    'iadd of i128 loses the carry',
    'integer',
    "['iadd', (bits) => (x, y) => ux(bits, x + y)]",
    "['iadd', (bits) => (x, y) => bits === 128 ? ux(64, x + y) | (ux(64, (x >> 64n) + (y >> 64n)) << 64n) : ux(bits, x + y)]",
  ),
  mutation(
    'imul of i128 loses the cross products',
    'integer',
    "['imul', (bits) => (x, y) => ux(bits, x * y)]",
    "['imul', (bits) => (x, y) => bits === 128 ? ux(64, x) * ux(64, y) : ux(bits, x * y)]",
  ),
  mutation(
    'isplit exchanges the halves',
    'emit-integer',
    'lo.v = BigInt.asUintN(half, x);\n    hi.v = x >> shiftBits;',
    'hi.v = BigInt.asUintN(half, x);\n    lo.v = x >> shiftBits;',
  ),
  mutation(
    'iconcat exchanges the halves',
    'emit-integer',
    '(hi.v << shiftBits) | lo.v',
    '(lo.v << shiftBits) | hi.v',
  ),
  // Overflow and traps.
  mutation(
    'signed overflow is never told',
    'emit-overflow',
    'BigInt.asIntN(bits, r) === r ? 0n : 1n',
    'BigInt.asIntN(bits, r) === r ? 0n : 0n',
  ),
  mutation(
    'the carry in counts for nothing',
    'emit-overflow',
    'c.v === 0n ? 0n : 1n',
    'c.v === 0n ? 0n : 0n',
  ),
  mutation(
    'uadd_overflow_trap does not trap',
    'emit-overflow',
    'if (BigInt.asUintN(bits, sum) !== sum) trap(code);\n    d.v = sum;',
    'd.v = BigInt.asUintN(bits, sum);',
  ),
  mutation(
    'sdiv of the least number by -1 does not trap',
    'integer',
    "if (BigInt.asIntN(bits, quotient) !== quotient) trap('int_ovf');",
    '',
  ),
  mutation(
    'udiv by zero traps with another code',
    'integer',
    "['udiv', () => (x, y) => (y === 0n ? trap('int_divz')",
    "['udiv', () => (x, y) => (y === 0n ? trap('int_ovf')",
  ),
  mutation(
    'trapz and trapnz are exchanged',
    'emit-control',
    'if ((c.v === 0n) === whenZero) trap(code);',
    'if ((c.v === 0n) !== whenZero) trap(code);',
  ),
  mutation(
    'trap has another code',
    'emit-control',
    'return () => trap(code);',
    "return () => trap(code === 'user1' ? 'user2' : 'user1');",
  ),
  // Floats and conversions.
  mutation(
    'fma rounds twice',
    'emit-float',
    'laneBits === 64 ? fmaF64 : fmaNarrow',
    'laneBits === 64 ? (x: number, y: number, z: number) => x * y + z : fmaNarrow',
  ),
  mutation('fma of f32 rounds twice', 'fma', 'if (lost === 0) return sum;', 'if (lost !== 0) return sum;'),
  mutation(
    'nearest takes ties away from zero',
    'rounding',
    'return x + INTEGERS_FROM - INTEGERS_FROM;',
    'return Math.round(x);',
  ),
  mutation('integers to f32 round twice', 'rounding', 'Number(kept | sticky)', 'Number(kept)'),
  mutation('fneg clears the sign', 'emit-float', '(x) => x ^ sign)', '(x) => x & ~sign)'),
  mutation('fcopysign takes the other sign', 'emit-float', 'x ^ ((x ^ y) & sign)', 'y ^ ((x ^ y) & sign)'),
  mutation(
    'fcvt_to_sint of NaN traps with another code',
    'convert',
    "if (x !== x) trap('bad_toint');",
    "if (x !== x) trap('int_ovf');",
  ),
  mutation(
    'fcvt_to_uint lets one too many through',
    'convert',
    "if (n < least || n > most) trap('int_ovf');",
    "if (n < least || n > most + 1n) trap('int_ovf');",
  ),
  mutation(
    'fcvt_to_sint_sat of NaN is the least',
    'convert',
    'if (x !== x) return 0n;\n  const [least, most]',
    'if (x !== x) return signed ? 1n << BigInt(bits - 1) : 0n;\n  const [least, most]',
  ),
  mutation(
    'fcvt_to_uint_sat does not clamp below',
    'convert',
    'n < least ? least : n > most ? most : n);\n}',
    'n > most ? most : n);\n}',
  ),
  // Vectors.
  mutation(
    'sadd_sat of lanes clamps one short',
    'vector-integer',
    '2 ** (laneBits - 1) - 1;',
    '2 ** (laneBits - 1) - 2;',
  ),
  mutation('uadd_sat clamps one short', 'integer', 'x >= end ? end - 1n : x', 'x >= end ? end - 2n : x'),
  mutation(
    'avg_round rounds down',
    'vector-integer',
    'Math.floor((x + y + 1) / 2)',
    'Math.floor((x + y) / 2)',
  ),
  mutation(
    'shuffle takes no byte of the second vector',
    'emit-vector',
    'b.u8[from - lanes]',
    'a.u8[from - lanes]',
  ),
  mutation(
    'swizzle wraps its index',
    'emit-vector',
    'from < lanes ? (a.u8[from] ?? 0) : 0',
    'a.u8[from % lanes] ?? 0',
  ),
  mutation(
    'insertlane keeps old bits',
    'emit-vector',
    'v ^ (v & hole) ^ (y.v << shift)',
    'v | (y.v << shift)',
  ),
  mutation('swiden_high takes the low half', 'emit-vector', 'high ? BigInt(bits / 2) : 0n', '0n'),
  mutation(
    'snarrow puts the second vector low',
    'emit-vector',
    'd.v = mapLanes(x.v, from, to, lanes, clamp) | (mapLanes(y.v',
    'd.v = mapLanes(y.v, from, to, lanes, clamp) | (mapLanes(x.v',
  ),
  mutation(
    'iadd_pairwise adds other pairs',
    'emit-vector',
    '(all[2 * i] ?? 0n) + (all[2 * i + 1] ?? 0n)',
    '(all[i] ?? 0n) + (all[i + lanes] ?? 0n)',
  ),
  mutation('vhigh_bits takes the low bits', 'emit-vector', '(lane) => lane >> top', '(lane) => lane & 1n'),
  mutation(
    'vall_true is vany_true',
    'emit-vector',
    '.every((lane) => lane !== 0n)',
    '.some((lane) => lane !== 0n)',
  ),
  mutation(
    'ishl of lanes moves bits into the neighbour',
    'vector-integer',
    '(x << s) & (masks[Number(s)] ?? 0n)',
    'BigInt.asUintN(laneBits * lanes, x << s)',
  ),
  // Memory.
  mutation(
    'sload8 and its kin do not extend the sign',
    'emit-memory',
    'd.v = signed ? BigInt.asUintN(bits, BigInt.asIntN(fromBits, x)) : x;',
    'd.v = x;',
  ),
  mutation(
    'istore8 and its kin write the whole value',
    'emit-memory',
    'toBits / 8, BigInt.asUintN(toBits, x.v))',
    'inst.args[0] === undefined ? 1 : argInfo(scope, inst, 0).bytes, x.v)',
  ),
  mutation(
    'sload8x8 and its kin do not extend the sign',
    'emit-memory',
    'signed ? BigInt.asUintN(laneBits, BigInt.asIntN(fromBits, lane)) : lane',
    'lane',
  ),
  mutation('atomic_rmw nand is and', 'emit-memory', '(old & x) ^ bitMask(bits)', 'old & x'),
  mutation(
    'atomic_rmw gives the new value',
    'emit-memory',
    'writeMemory(memory, p.v, 0, bytes, f(old, x.v));\n    d.v = old;',
    'writeMemory(memory, p.v, 0, bytes, f(old, x.v));\n    d.v = f(old, x.v);',
  ),
  mutation('atomic_cas always writes', 'emit-memory', 'if (old === expected.v) writeMemory', 'writeMemory'),
  mutation(
    'memory is read big-endian',
    'memory',
    'return BigInt(view.getUint32(at, true));',
    'return BigInt(view.getUint32(at, false));',
  ),
  mutation(
    'bytes nobody wrote read as zero',
    'memory',
    "if (memory.strictUninit) exhaust('uninitialised read');",
    '',
  ),
  mutation(
    'all activations of a function share their slots',
    'calls',
    'if (frame.sizeBytes > 0) callee.frameBase = pushFrame(memory, frame);',
    'if (frame.sizeBytes > 0 && saved === null) callee.frameBase = pushFrame(memory, frame);',
  ),
  // Control and calls.
  mutation(
    'brif is taken for one only',
    'emit-control',
    'c.v === 0n ? otherwise() : then()',
    'c.v === 1n ? then() : otherwise()',
  ),
  mutation(
    'br_table past its end takes the last',
    'emit-control',
    '(table[Number(index.v)] ?? fallback)()',
    '(table[Number(index.v)] ?? table.at(-1) ?? fallback)()',
  ),
  mutation(
    'block arguments move one after the other',
    'emit-control',
    'return () => scatter(to, gather(from));',
    'return () => {\n    from.forEach((cell, i) => scatter(to.slice(i, i + 1), [cell.v]));\n  };',
  ),
  mutation(
    'a recursive call changes its caller',
    'calls',
    'else restore(callee.cells, saved);',
    'else callee.active = true;',
  ),
  mutation(
    'a call gives its results in reverse',
    'emit-call',
    'return () => scatter(results, call(machine, callee(), gather(args)));',
    'return () => scatter(results, call(machine, callee(), gather(args)).toReversed());',
  ),
  mutation(
    'call_indirect takes any signature',
    'calls',
    'if (!canBeCalledAs(callee.signature, signature))',
    'if (callee.signature.params.length !== signature.params.length)',
  ),
  mutation(
    'a tail call passes its first argument only',
    'emit-control',
    'machine.tailArgs = gather(args);',
    'machine.tailArgs = gather(args.slice(0, 1));',
  ),
  mutation(
    'try_call passes its results to the wrong places',
    'emit-control',
    'cells[arg.kind][arg.index] ??',
    'cells[arg.kind].at(-1 - arg.index) ??',
  ),
  mutation(
    'an exception is caught by the first handler',
    'emit-control',
    'catches.find((one) => one.tag === null || isMeant(one))',
    'catches.find(() => tag >= 0)',
  ),
  mutation('an exception leaves its frames as they are', 'calls', 'leaveThrown();', ''),
];
