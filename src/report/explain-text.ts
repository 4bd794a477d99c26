import type {
  ExplainedCall,
  ExplainedCheck,
  ExplainedCode,
  ExplainedFunction,
  ExplainedSignature,
  Explanation,
} from './explain-model.ts';

const indent = (lines: readonly string[], by: string): readonly string[] =>
  lines.map((line) => `${by}${line}`);

/** `role name: type in place (notes)`. */
function signatureLines({ places, lines }: ExplainedSignature): readonly string[] {
  const rows = places.map(({ role, name, type, place, notes }) => {
    const more = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
    return `${role} ${name}: ${type} in ${place}${more}`;
  });
  const all = [...rows, ...lines];
  return all.length === 0 ? ['no arguments, no results'] : all;
}

function codeLines(code: ExplainedCode): readonly string[] {
  if (code.reason !== null) return [code.reason];
  return code.lines.map((line, i) => `${code.marked.includes(i) ? '>' : ' '} ${line}`);
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...indent(lines, '  ')];
}

function checkLines(checks: readonly ExplainedCheck[]): readonly string[] {
  const widest = 'not applicable'.length;
  return checks.map(({ name, verdict, detail }) => `${verdict.padEnd(widest)}  ${name}: ${detail}`);
}

function callLines(call: ExplainedCall): readonly string[] {
  const callee =
    call.callee === null ? [] : section(`callee defined ${call.callee.text}`, signatureLines(call.callee));
  const live = call.live.map(({ name, type, place }) => `${name}: ${type} in ${place}`);
  return [
    ...section(`calls ${call.target} by ${call.caller.text}`, signatureLines(call.caller)),
    ...callee,
    ...section('live across the call', live.length === 0 ? ['nothing'] : live),
    ...section('the call may overwrite', call.clobbers),
    ...section('handlers', call.handlers),
    ...section('invariants', checkLines(call.checks)),
    ...section('CLIF', codeLines(call.clif)),
    ...section('VCode', codeLines(call.vcode)),
    ...section('disassembly', codeLines(call.disassembly)),
    ...section('VCode on x86_64', codeLines(call.nativeVcode)),
    ...section('disassembly on x86_64', codeLines(call.nativeDisassembly)),
  ];
}

function functionLines(fn: ExplainedFunction): readonly string[] {
  return [
    '',
    `== ${fn.name}`,
    ...fn.clif.split('\n'),
    '',
    ...section('called with', signatureLines(fn.signature)),
    ...section('frame', fn.frame),
    ...section('called by the guest', checkLines(fn.entered)),
    ...(fn.calls.length === 0 ? ['no calls'] : []),
    ...fn.calls.flatMap((call) => ['', `-- ${fn.name}, ${call.title}`, ...indent(callLines(call), '  ')]),
  ];
}

/** An explanation for a terminal. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const { variations } = explanation;
  const widest = Math.max(0, ...variations.map(({ name }) => name.length));
  return [
    `${explanation.title}, Cranelift ${explanation.cranelift}, ${explanation.emulator}`,
    `configuration: ${explanation.configuration === '' ? 'defaults' : explanation.configuration}`,
    `verdict: ${explanation.verdict}`,
    ...section('rules of CLIF that the module breaks', explanation.problems),
    ...section('notes', explanation.notes),
    ...explanation.functions.flatMap(functionLines),
    ...(variations.length === 0
      ? []
      : ['', 'variations', ...variations.map(({ name, result }) => `  ${name.padEnd(widest)}  ${result}`)]),
  ];
}
