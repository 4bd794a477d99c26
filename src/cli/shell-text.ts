/** An argument as a POSIX shell reads it back. */
function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command of this program as a user would type it. */
export function commandText(command: string, args: readonly string[]): string {
  return ['npm run', command, '--', ...args.map(shellWord)].join(' ');
}
