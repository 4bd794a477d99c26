import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { makeProgram } from './commands.ts';
import { openTerminal } from './terminal.ts';

const terminal = openTerminal(process.stdout, process.stderr);

/** What a command line that is wrong makes the program say. */
async function complaint(...args: string[]): Promise<string> {
  let said = '';
  const program = makeProgram({ terminal, root: '/none', done: () => expect.unreachable() });
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ ...command.configureOutput(), writeErr: (text) => (said += text) });
  }
  await expect(program.parseAsync(['node', 'callfuzz', ...args])).rejects.toThrow(CommanderError);
  return said;
}

test('every command has a line of its own and one for each option', () => {
  const program = makeProgram({ terminal, root: '/none', done: () => undefined });
  for (const command of program.commands) {
    expect(command.description()).not.toBe('');
    for (const option of command.options) expect(option.description).not.toBe('');
  }
  expect(program.commands.map((command) => command.name()).sort()).toEqual(
    [
      'bench',
      'bisect',
      'conformance',
      'doctor',
      'explain',
      'fuzz',
      'promote',
      'replay',
      'report',
      'shrink',
      'triage',
    ].sort(),
  );
});

test('debug assertions are for commands that look for bugs or shrink them', () => {
  const program = makeProgram({ terminal, root: '/none', done: () => undefined });
  const names = program.commands
    .filter((command) => command.options.some((option) => option.long === '--debug-assertions'))
    .map((command) => command.name());
  expect(names.sort()).toEqual(['bisect', 'fuzz', 'replay', 'shrink']);
});

test.each([
  [['fuzz'], "required option '--seed <seed>' not specified"],
  [['fuzz', '--seed'], "option '--seed <seed>' argument missing"],
  [['fuzz', '--seed', '1', '--nope'], "unknown option '--nope'"],
  [['fuzz', '--seed', '1', '--case', '1'], "unknown option '--case' (Did you mean --cases?)"],
  [['fuzz', '--seed', '1', '--jobs', '0'], 'expected a whole number from 1 on'],
  [['fuzz', '--seed', '1', '--shard', '2/2'], 'expected i/n with i from 0 to n-1'],
  [['fuzz', '--seed', '1', '--minutes', '-1'], 'expected minutes above 0'],
  [['bisect', 'x', '--versions', '0.1,,0.2'], 'expected names with commas between them'],
  [['promote', 'x', '--name', '../x'], 'expected letters, digits'],
  [['frobnicate'], "unknown command 'frobnicate'"],
])('%j is refused in one line', async (args, words) => {
  const said = await complaint(...args);
  expect(said).toContain(words);
  expect(said).toMatch(/^callfuzz: [^\n]*\n$/);
});
