import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Architecture = 'riscv64' | 'x86_64';

/** One instruction at `offset` bytes in the code. */
export interface DisassemblyLine {
  readonly offset: number;
  readonly text: string;
}

export type Disassembly =
  | { readonly kind: 'lines'; readonly lines: readonly DisassemblyLine[] }
  /** The tool is not there, with what to install, or it refused. */
  | { readonly kind: 'none'; readonly reason: string };

/** Most extensions first; older assemblers do not know all of them. */
const MARCHES = [
  'rv64gcv_zba_zbb_zbc_zbs_zbkb_zfh_zicond_zfa_zcb',
  'rv64gcv_zba_zbb_zbc_zbs_zbkb_zfh',
  'rv64gcv_zba_zbb_zbc_zbs',
  'rv64gc',
];

const PREFIX = 'riscv64-linux-gnu-';
const INSTALL_RISCV64 = 'apt-get install binutils-riscv64-linux-gnu';
const INSTALL_HOST = 'apt-get install binutils';

/** Disassembles machine code with GNU objdump. Constants between the code are shown as instructions too. */
export function disassemble(code: Uint8Array, architecture: Architecture): Disassembly {
  if (code.length === 0) return { kind: 'lines', lines: [] };
  const folder = mkdtempSync(join(tmpdir(), 'callfuzz-'));
  try {
    writeFileSync(join(folder, 'code.bin'), code);
    return architecture === 'riscv64' ? disassembleRiscv64(folder) : disassembleX86(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Objdump knows extensions beyond the base by an ELF file's attributes only, so the bytes go through the assembler. */
function disassembleRiscv64(folder: string): Disassembly {
  writeFileSync(join(folder, 'code.s'), '.text\n.incbin "code.bin"\n');
  for (const march of MARCHES) {
    const made = run(`${PREFIX}as`, [`-march=${march}`, 'code.s', '-o', 'code.o'], folder);
    if (made === null)
      return {
        kind: 'none',
        reason: `${PREFIX}as and ${PREFIX}objdump are not installed: ${INSTALL_RISCV64}`,
      };
    if (made.isGood) return dump(`${PREFIX}objdump`, ['-j', '.text', 'code.o'], folder, INSTALL_RISCV64);
  }
  return { kind: 'none', reason: `${PREFIX}as refuses every -march` };
}

function disassembleX86(folder: string): Disassembly {
  return dump('objdump', ['-b', 'binary', '-m', 'i386:x86-64', 'code.bin'], folder, INSTALL_HOST);
}

function dump(tool: string, args: readonly string[], folder: string, install: string): Disassembly {
  const made = run(tool, ['-D', '-z', '--no-show-raw-insn', ...args], folder);
  if (made === null) return { kind: 'none', reason: `${tool} is not installed: ${install}` };
  if (!made.isGood) return { kind: 'none', reason: `${tool} refuses: ${made.text.trim()}` };
  const lines = made.text.split('\n').flatMap((line): readonly DisassemblyLine[] => {
    const match = /^\s*([0-9a-f]+):\s+(.*)$/.exec(line);
    if (match === null) return [];
    const text = (match[2] ?? '')
      .replace(/ <\.[^>]*>/g, '')
      .replace(/\s+/g, ' ')
      .trim();
    return [{ offset: Number.parseInt(match[1] ?? '0', 16), text }];
  });
  return { kind: 'lines', lines };
}

interface ToolRun {
  readonly isGood: boolean;
  readonly text: string;
}

/** Null where there is no such tool. */
function run(tool: string, args: readonly string[], cwd: string): ToolRun | null {
  const result = spawnSync(tool, args, { cwd, encoding: 'utf8', maxBuffer: 256 << 20 });
  if (result.error !== undefined) return null;
  return { isGood: result.status === 0, text: result.status === 0 ? result.stdout : result.stderr };
}
