import { describe, expect, it } from 'vitest';
import { UsageError } from '../clif/harness-error.ts';
import { cpuCandidates, exactCpu, findQemu, lesserCpus, parseQemuVersion, type EmulatedCpu } from './qemu.ts';

describe('parseQemuVersion', () => {
  it('reads what Debian and plain builds print', () => {
    expect(parseQemuVersion('qemu-riscv64 version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright')).toEqual({
      major: 7,
      minor: 2,
      text: '7.2.22',
    });
    expect(parseQemuVersion('qemu-riscv64 version 10.0.2')?.major).toBe(10);
    expect(parseQemuVersion('usage: something else')).toBe(null);
  });
});

describe('cpuCandidates', () => {
  it('prefers max where QEMU has it', () => {
    expect(cpuCandidates({ major: 10, minor: 0, text: '10.0.2' }, 256)[0]).toBe('max,vlen=256');
    expect(cpuCandidates({ major: 8, minor: 2, text: '8.2.0' }, 128)[0]).toBe('max,vlen=128');
    expect(cpuCandidates({ major: 8, minor: 1, text: '8.1.0' }, 128)[0]).toMatch(/^rv64,v=true,vlen=128/);
    expect(cpuCandidates({ major: 7, minor: 2, text: '7.2.0' }, 128)[0]).toMatch(/vext_spec=v1\.0/);
  });
});

describe('lesserCpus', () => {
  it('name every extension, none with V, the poorest first', () => {
    for (const major of [7, 8, 10]) {
      const [bare, scalar, ...rest] = lesserCpus({ major, minor: 0, text: '' });
      expect(rest).toEqual([]);
      expect(bare).toMatch(/^rv64,v=false,(\w+=false,?)+$/);
      expect(scalar).toMatch(/^rv64,v=false,(\w+=true,?)+$/);
    }
  });
});

describe('exactCpu', () => {
  const emulated = (major: number): EmulatedCpu => ({
    qemu: { path: 'qemu-riscv64', version: { major, minor: 0, text: '' }, options: [] },
    cpu: 'max,vlen=128',
    hasVectors: true,
  });

  it('says of every extension whether it is there', () => {
    const { cpu, hasVectors } = exactCpu(emulated(10), ['has_zba', 'has_zfhmin'], 128);
    expect(hasVectors).toBe(false);
    expect(cpu).toMatch(/^rv64,v=false,zba=true,zbb=false,.*zfhmin=true,zvfh=false$/);
    expect(exactCpu(emulated(10), ['has_v'], 256).cpu).toMatch(/^rv64,v=true,vlen=256,.*zba=false/);
  });

  it('leaves a QEMU alone that does not know them all', () => {
    expect(exactCpu(emulated(7), ['has_zba'], 128)).toEqual(emulated(7));
  });
});

describe('findQemu', () => {
  it('says in one line what to install when there is none', () => {
    const find = (): unknown => findQemu('/nonexistent/qemu-riscv64');
    expect(find).toThrow(UsageError);
    expect(find).toThrow('/nonexistent/qemu-riscv64 not found: apt-get install qemu-user');
  });
});
