import { writeSummary } from '../campaign/finish.ts';
import { mergeSummaries } from '../report/merge-summaries.ts';
import { findSummaries, newestSummary, readSummary } from '../report/summary-file.ts';
import { summaryMarkdown, summaryText } from '../report/summary.ts';
import { EXIT_CLEAN } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export interface ReportOptions {
  readonly reports: string;
  readonly markdown?: boolean;
  readonly json?: string;
}

/** Prints one report of all the campaigns named, or of the newest. */
export function report(paths: readonly string[], options: ReportOptions, terminal: Terminal): number {
  if (options.json !== undefined) terminal.checkWritable(options.json);
  const files = paths.length === 0 ? [newestSummary(options.reports)] : findSummaries(paths);
  const summary = mergeSummaries(files.map(readSummary));
  terminal.print(options.markdown === true ? summaryMarkdown(summary).trimEnd() : summaryText(summary));
  if (options.json !== undefined) writeSummary(options.json, summary);
  return EXIT_CLEAN;
}
