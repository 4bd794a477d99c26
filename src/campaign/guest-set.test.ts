import { expect, test } from 'vitest';
import type { EmulatedCpu } from '../emulator/qemu.ts';
import { cpuFor, longerCpuFor } from './guest-set.ts';

const QEMU = { path: 'qemu-riscv64', version: { major: 7, minor: 2, text: '7.2.0' }, options: [] };

function emulated(cpu: string, hasVectors: boolean): EmulatedCpu {
  return { qemu: QEMU, cpu, hasVectors };
}

const MACHINES = {
  cpu: emulated('rv64,v=true,vlen=128', true),
  lesserCpus: [
    { emulated: emulated('bare', false), isaFlags: ['has_zca', 'has_zcd'] },
    { emulated: emulated('scalar', false), isaFlags: ['has_zba', 'has_zca', 'has_zcd', 'has_zfh'] },
  ],
};

test.each([
  [[], 'bare'],
  [['has_zca', 'has_zcd'], 'bare'],
  [['has_zba'], 'scalar'],
  [['has_zba', 'has_zfa'], 'rv64,v=true,vlen=128'],
  [['has_v'], 'rv64,v=true,vlen=128'],
  [['has_v', 'has_zba', 'has_zvl32b'], 'rv64,v=true,vlen=128'],
  [['has_v', 'has_zvl256b', 'has_zvl512b'], 'rv64,v=true,vlen=512'],
  [['has_zvl256b'], 'rv64,v=true,vlen=256'],
])('%j runs on %s', (isa, cpu) => {
  expect(cpuFor(MACHINES, { shared: {}, isa }).cpu).toBe(cpu);
});

test('without lesser processors everything runs on the one there is', () => {
  expect(cpuFor({ ...MACHINES, lesserCpus: [] }, { shared: {}, isa: [] })).toEqual(MACHINES.cpu);
});

test.each([
  [[], 'bare'],
  [['has_v'], 'rv64,v=true,vlen=256'],
  [['has_v', 'has_zvl512b'], 'rv64,v=true,vlen=1024'],
  [['has_v', 'has_zvl1024b'], 'rv64,v=true,vlen=1024'],
])('%j runs on %s where registers are to be longer', (isa, cpu) => {
  expect(longerCpuFor(MACHINES, { shared: {}, isa }).cpu).toBe(cpu);
});
