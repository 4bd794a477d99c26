import { diagnose, type Check } from '../campaign/diagnosis.ts';
import { EXIT_CLEAN, EXIT_USAGE } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface DoctorOptions {
  readonly cranelift: string;
  readonly build?: boolean;
}

const MARKS: Readonly<Record<Check['state'], string>> = { ok: 'ok', missing: 'MISSING', absent: '-' };

/** One check as a line, its columns aligned. */
export function checkLine({ name, state, text }: Check): string {
  return `${MARKS[state].padEnd(8)}${name.padEnd(16)}${text}`;
}

/** Says what is here and what is missing. Exit code 0 where nothing needed is missing, else 2. */
export async function doctor(options: DoctorOptions, terminal: Terminal, root: string): Promise<number> {
  const checks = await diagnose({
    root,
    cranelift: options.cranelift,
    isBuilding: options.build ?? false,
    onProgress: terminal.buildNote,
  });
  for (const check of checks) terminal.print(checkLine(check));
  const missing = checks.filter((check) => check.state === 'missing').length;
  terminal.print(missing === 0 ? 'everything needed is here' : `${missing} missing: see above`);
  return missing === 0 ? EXIT_CLEAN : EXIT_USAGE;
}
