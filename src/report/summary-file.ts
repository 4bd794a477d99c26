import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from '../clif/harness-error.ts';
import type { Summary } from './summary.ts';

const COUNTS = v.record(v.string(), v.number());

const FINDING = v.object({
  bucket: v.string(),
  kind: v.string(),
  known: v.nullable(v.string()),
  firstCase: v.number(),
  caseSeed: v.string(),
  hits: v.number(),
  secondsToFirst: v.number(),
  repro: v.nullable(v.string()),
  configuration: v.string(),
  detail: v.string(),
});

const SHARE = v.object({ filled: v.number(), reachable: v.number() });

const SUMMARY = v.object({
  schema: v.literal('callfuzz.summary/1'),
  seed: v.string(),
  profile: v.string(),
  cranelift: v.string(),
  emulator: v.string(),
  shard: v.string(),
  cases: v.number(),
  modules: v.number(),
  seconds: v.number(),
  casesPerSecond: v.number(),
  verdicts: COUNTS,
  declined: COUNTS,
  phases: COUNTS,
  findings: v.array(FINDING),
  flaky: v.array(v.object({ caseSeed: v.string(), detail: v.string() })),
  harnessFaults: v.number(),
  coverage: v.optional(
    v.nullable(
      v.object({
        digest: v.string(),
        cells: v.string(),
        counts: v.array(v.object({ group: v.string(), singles: SHARE, pairs: SHARE })),
        emptySingles: v.array(v.string()),
      }),
    ),
    null,
  ),
});

const SUMMARY_NAME = 'summary.json';

/** Reads a summary back. Throws UsageError, one line, for what is not one. */
export function readSummary(file: string): Summary {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file}: cannot be read as a summary: ${reason.split('\n', 1)[0]}`, {
      cause: error,
    });
  }
  const parsed = v.safeParse(SUMMARY, data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UsageError(`${file}: damaged summary: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
}

/** The summaries a campaign's folder, its journal or a summary itself stands for. */
function summariesAt(path: string): readonly string[] {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file or folder`);
  if (!statSync(path).isDirectory()) {
    if (!path.endsWith('.jsonl')) return [path];
    const beside = join(dirname(path), SUMMARY_NAME);
    if (existsSync(beside)) return [beside];
    throw new UsageError(
      `${path}: its campaign has not ended, so there is no ${SUMMARY_NAME}; end it with --resume`,
    );
  }
  const own = join(path, SUMMARY_NAME);
  if (existsSync(own)) return [own];
  const below = readdirSync(path)
    .sort()
    .map((name) => join(path, name, SUMMARY_NAME))
    .filter((file) => existsSync(file));
  if (below.length === 0)
    throw new UsageError(`${path}: holds no ${SUMMARY_NAME}; a campaign that has ended leaves one`);
  return below;
}

/** The summary files that `paths` name: folders of campaigns, folders of such folders, journals, summaries; each once. */
export function findSummaries(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.flatMap(summariesAt))];
}

/** The campaign below `reports` whose summary was written last. Throws UsageError where there is none. */
export function newestSummary(reports: string): string {
  const files = existsSync(reports) ? summariesAt(reports) : [];
  const dated = files.map((file) => ({ file, time: statSync(file).mtimeMs }));
  dated.sort((a, b) => b.time - a.time || basename(dirname(b.file)).localeCompare(basename(dirname(a.file))));
  const newest = dated[0];
  if (newest === undefined)
    throw new UsageError(`${reports}: no campaign has ended here yet; run "npm run fuzz -- --seed 1"`);
  return newest.file;
}
