import { writeFileSync } from 'node:fs';
import { readCases } from '../campaign/case-files.ts';
import { UsageError } from '../campaign/errors.ts';
import { explainCase, openExplainTools } from '../campaign/explain-case.ts';
import { generatedCase } from '../campaign/generated-case.ts';
import { caseTitle } from '../campaign/replay.ts';
import { explanationHtml } from '../report/explain-html.ts';
import { explanationLines } from '../report/explain-text.ts';
import { EXIT_CLEAN } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { withWorkbench } from './workbench.ts';

export interface ExplainOptions {
  readonly cranelift: string;
  readonly case?: string;
  readonly profile: string;
  readonly html?: string;
}

/** Prints all about the calls of a file's module, or of a generated case; with `html` also writes it as an HTML fragment. */
export async function explain(
  file: string | undefined,
  options: ExplainOptions,
  terminal: Terminal,
  root: string,
): Promise<number> {
  const { case: caseSeed, html } = options;
  if ((file === undefined) === (caseSeed === undefined))
    throw new UsageError('explain takes a file, or a case seed with --case');
  // Before anything is built: a typo should not cost a minute. The cases of one file share its module.
  const [first] = file === undefined ? [] : readCases(file);
  return withWorkbench(options, terminal, root, async (bench) => {
    const { environment } = bench;
    const kase = caseSeed === undefined ? first?.case : generatedCase(environment, options.profile, caseSeed);
    if (kase === undefined) return EXIT_CLEAN;
    const tools = await openExplainTools(bench, terminal.buildNote);
    try {
      const explanation = await explainCase(tools, caseTitle(first?.file ?? `case ${caseSeed}`, kase), kase);
      for (const line of explanationLines(explanation)) terminal.print(line);
      if (html !== undefined) writeHtml(html, explanationHtml(explanation));
    } finally {
      await tools.close();
    }
    return EXIT_CLEAN;
  });
}

function writeHtml(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(
      `${path}: cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
