import { InvalidArgumentError } from 'commander';

/** A list such as `0.121,0.128`, for commander's option callbacks. */
export function commaList(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.includes(''))
    throw new InvalidArgumentError('expected names with commas between them, such as 0.121,0.128.');
  return items;
}

/** A name for a file, without its ending. */
export function fileName(text: string): string {
  if (!/^\w[\w.-]*$/.test(text))
    throw new InvalidArgumentError('expected letters, digits, ".", "_" and "-".');
  return text;
}
