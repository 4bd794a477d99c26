import type { CompiledFunction, CompileResult } from '../backend/compile-result.ts';
import { DEFAULT_CRANELIFT } from '../backend/driver-build.ts';
import { disassemble, type Disassembly } from '../backend/disassemble.ts';
import type { NativeFunction } from '../backend/native-code.ts';
import { ensureOpinions } from '../backend/opinions-build.ts';
import { Opinions } from '../backend/opinions.ts';
import { checkModule, problemText } from '../clif/check.ts';
import { configurationText, type Case, type Configuration } from '../clif/case.ts';
import { UsageError } from '../clif/harness-error.ts';
import { liveAcross } from '../clif/liveness.ts';
import { functionNameText, type Function } from '../clif/module.ts';
import { printFunction, printModule } from '../clif/print.ts';
import { compileFinding } from '../compare/compile-finding.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { ExplainedCall, ExplainedFunction, Explanation } from '../report/explain-model.ts';
import type { Environment } from './environment.ts';
import { callsOf, type CallInst } from './explain-calls.ts';
import { checkCallFacts } from './explain-checks.ts';
import { clifAround, nativeAround, noCode, riscv64Around, vcodeAround } from './explain-code.ts';
import { spillCopies } from './explain-copies.ts';
import { enteredChecks } from './explain-entry.ts';
import { frameLines, handlerLines, spBelowCfa } from './explain-frame.ts';
import { clobberLines, explainLive } from './explain-live.ts';
import { explainSignature, layoutOf } from './explain-places.ts';
import { jumpOf } from './explain-sites.ts';
import type { TracedFunction } from './explain-follow.ts';
import { traceCase, type CaseTrace } from './explain-trace.ts';
import { trimRanges } from './explain-trim.ts';
import { runVariations } from './explain-variations.ts';
import { hasImplicitReturnArea } from './link-case.ts';
import { replayCase, usable } from './replay.ts';
import type { Station } from './station.ts';
import { verdictText } from './verdict-text.ts';

/** What `explain` works with. */
export interface ExplainTools {
  readonly environment: Environment;
  readonly station: Station;
  readonly knownIssues: readonly KnownIssue[];
  /** Of mode `code`; null where it cannot be had, with the reason in `nativeRefusal`. */
  readonly native: Opinions | null;
  readonly nativeRefusal: string;
}

/** Builds `opinions/` where it is not in the cache; without it there is no x86_64 beside, and everything else. */
export async function openExplainTools(
  bench: Pick<ExplainTools, 'environment' | 'station' | 'knownIssues'>,
  onProgress: (line: string) => void,
): Promise<ExplainTools & { readonly close: () => Promise<void> }> {
  try {
    const native = new Opinions(await ensureOpinions({ onProgress }), 'code');
    return { ...bench, native, nativeRefusal: '', close: () => native.close() };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { ...bench, native: null, nativeRefusal: error.message, close: async () => undefined };
  }
}

/** A function with all that is known of it. */
interface Subject {
  readonly fn: Function;
  readonly compiled: CompiledFunction | undefined;
  readonly calls: readonly CallInst[];
  readonly native: NativeFunction | undefined;
  readonly disassembly: Disassembly;
}

interface Scene {
  readonly tools: ExplainTools;
  readonly implicitReturnArea: boolean;
  readonly trace: CaseTrace | null;
  readonly notRun: string | null;
  readonly nativeRefusal: string;
}

function refusalOf(result: CompileResult | undefined): string {
  if (result === undefined) return 'no result';
  if (result.kind === 'bad-flag') return result.message;
  return result.kind === 'compiled' ? 'not compiled' : compileFinding(result).detail;
}

function explainCall(
  scene: Scene,
  subject: Subject,
  call: CallInst,
  tails: readonly CallInst[],
): ExplainedCall {
  const { compiled } = subject;
  const { implicitReturnArea, trace } = scene;
  const jump = compiled === undefined ? null : jumpOf(compiled, call);
  const live = call.isTail ? [] : (liveAcross(call.fn, (inst) => inst === call.inst).get(call.inst) ?? []);
  const { callee } = call;
  const calleeParams = callee?.blocks[0]?.params.map((p) => p.value) ?? [];
  const events = trace?.events.filter((event) => event.call === call) ?? [];
  const own = explainSignature(call.signature, call.args, call.results, implicitReturnArea);
  const other =
    callee === null ? null : explainSignature(callee.signature, calleeParams, [], implicitReturnArea);
  const isSame = other === null || other.text === own.text;
  const order = subject.compiled === undefined ? 0 : tailOrder(subject.compiled, call, tails);
  const native = nativeAround(subject.native, scene.nativeRefusal, call);
  const release = scene.tools.environment.abilities.release ?? Number.POSITIVE_INFINITY;
  const missing = noCode('no riscv64 code');
  return {
    title: `block${call.block.id}: ${clifAround(call).lines[clifAround(call).marked[0] ?? 0]?.trim() ?? ''}`,
    target: call.target ?? 'an address that only running tells',
    caller: own,
    callee: isSame ? null : other,
    live: explainLive(call, live, compiled, jump, spBelowCfa(call, compiled, events, release)),
    clobbers: clobberLines(call),
    handlers: handlerLines(call, compiled, jump),
    clif: clifAround(call),
    vcode:
      compiled === undefined ? missing : vcodeAround(compiled, call, jump, { order, count: tails.length }),
    disassembly: compiled === undefined ? missing : riscv64Around(compiled, subject.disassembly, call, jump),
    nativeVcode: native.vcode,
    nativeDisassembly: native.disassembly,
    checks: checkCallFacts({
      call,
      compiled,
      jump,
      live,
      layout: layoutOf(call.signature, implicitReturnArea).layout,
      calleeLayout: callee === null ? null : layoutOf(callee.signature, implicitReturnArea).layout,
      events,
      notRun: scene.notRun,
      release,
    }),
  };
}

/** Which of the function's tail calls this is, by their order in the code. */
function tailOrder(compiled: CompiledFunction, call: CallInst, tails: readonly CallInst[]): number {
  const start = (of: CallInst): number => jumpOf(compiled, of)?.start ?? 0;
  return [...tails].sort((a, b) => start(a) - start(b)).indexOf(call);
}

function explainFunction(scene: Scene, subject: Subject, kase: Case, refusal: string): ExplainedFunction {
  const { fn, compiled, calls } = subject;
  const name = functionNameText(fn.name);
  const params = fn.blocks[0]?.params.map((p) => p.value) ?? [];
  const tails = calls.filter((call) => call.isTail);
  const isEntry = name === functionNameText(kase.entry);
  return {
    name,
    clif: printFunction(fn, { cranelift: scene.tools.environment.cranelift }).trimEnd(),
    signature: explainSignature(fn.signature, params, [], scene.implicitReturnArea),
    frame: compiled === undefined ? [`no code: ${refusal}`] : frameLines(compiled),
    entered: isEntry ? enteredChecks(scene.trace, scene.notRun) : [],
    calls: calls.map((call) => explainCall(scene, subject, call, tails)),
  };
}

function tracedOf({ fn, compiled, calls }: Subject, implicitReturnArea: boolean): readonly TracedFunction[] {
  if (compiled === undefined) return [];
  const found = calls.flatMap((call) => {
    const jump = jumpOf(compiled, call);
    if (jump === null) return [];
    const { layout } = layoutOf(call.signature, implicitReturnArea);
    return [{ call, jump, copies: spillCopies(compiled, call, jump, layout) }];
  });
  return [{ fn, compiled, calls: found }];
}

/** The configuration to explain: that of the finding, else the first. */
function chosenConfiguration(kase: Case, index: number): Configuration {
  return kase.configurations[index] ?? kase.configurations[0] ?? { shared: {}, isa: [] };
}

async function nativeCode(
  tools: ExplainTools,
  kase: Case,
  configuration: Configuration,
): Promise<readonly NativeFunction[] | string> {
  if (tools.native === null) return tools.nativeRefusal;
  const text = printModule(kase.module, { cranelift: DEFAULT_CRANELIFT });
  return tools.native.askCode(text, configuration.shared['opt_level'] ?? 'none');
}

function notesOf(subjects: readonly Subject[]): readonly string[] {
  const missing = subjects.flatMap(({ disassembly }) =>
    disassembly.kind === 'none' ? [disassembly.reason] : [],
  );
  const changed = subjects.filter(({ compiled }) => compiled?.values?.isSameCode === false);
  return [
    ...new Set(missing),
    ...changed.map(
      ({ fn }) =>
        `${functionNameText(fn.name)}: labelling its values changes its machine code, so places and checks that need labels are left out`,
    ),
  ];
}

/**
 * All about the calls of a case that may come from anywhere, under the configuration it fails in, else its first. A module that
 * breaks CLIF's rules is compiled and not run. Throws UsageError for a setting this Cranelift lacks, HarnessError.
 */
export async function explainCase(tools: ExplainTools, title: string, whole: Case): Promise<Explanation> {
  const { environment, station, knownIssues } = tools;
  const { abilities, cranelift } = environment;
  const problems = checkModule(whole.module);
  const { verdict, known } = await replayCase(station, whole, abilities, knownIssues);
  const finding = verdict.kind === 'finding' || verdict.kind === 'flaky' ? verdict.finding : null;
  const fitted =
    verdict.kind === 'invalid' || verdict.kind === 'cannot-run' ? whole : usable(whole, abilities).kase;
  const configuration = chosenConfiguration(fitted, finding?.configuration ?? 0);
  const kase: Case = { ...fitted, configurations: [configuration] };
  const [result] = await station.bench.driver.compile(
    printModule(kase.module, { cranelift }),
    [configuration],
    {
      wantVcode: true,
      wantValues: true,
      wantAllCallSites: true,
      wantUnwind: true,
    },
  );
  if (result?.kind === 'bad-flag') throw new UsageError(`Cranelift ${cranelift}: ${result.message}`);
  const implicitReturnArea = hasImplicitReturnArea(configuration);
  const native = await nativeCode(tools, kase, configuration);
  const subjects = kase.module.functions.map((fn): Subject => {
    const name = functionNameText(fn.name);
    const calls = callsOf(fn, kase.module);
    const made =
      result?.kind === 'compiled'
        ? result.functions.find((f) => functionNameText(f.name) === name)
        : undefined;
    const compiled = made === undefined ? undefined : trimRanges(fn, made, calls);
    return {
      fn,
      compiled,
      calls,
      native: typeof native === 'string' ? undefined : native.find((f) => f.name === name),
      disassembly:
        compiled === undefined ? { kind: 'lines', lines: [] } : disassemble(compiled.code, 'riscv64'),
    };
  });
  const canRun = verdict.kind !== 'invalid' && verdict.kind !== 'cannot-run' && result?.kind === 'compiled';
  const traced = canRun
    ? await traceCase(
        environment,
        kase,
        configuration,
        subjects.flatMap((s) => tracedOf(s, implicitReturnArea)),
        finding?.input ?? null,
      )
    : `never run: ${verdict.kind === 'invalid' ? 'the module is invalid' : verdictText(verdict)}`;
  const scene: Scene = {
    tools,
    implicitReturnArea,
    trace: typeof traced === 'string' ? null : traced,
    notRun: typeof traced === 'string' ? traced : null,
    nativeRefusal: typeof native === 'string' ? native : 'not compiled',
  };
  // Of an invalid module only what declaring its calls rightly would mend.
  const isVariable =
    verdict.kind !== 'cannot-run' && problems.every(({ kind }) => kind === 'signature-mismatch');
  const issue = known === null ? '' : ` (known issue ${known})`;
  return {
    title,
    cranelift,
    emulator: environment.emulator,
    configuration: configurationText(configuration),
    verdict: `${verdictText(verdict)}${issue}`,
    problems: problems.map(problemText),
    notes: notesOf(subjects),
    functions: subjects.map((subject) => explainFunction(scene, subject, kase, refusalOf(result))),
    variations: isVariable ? await runVariations(station, kase, abilities, knownIssues) : [],
  };
}
