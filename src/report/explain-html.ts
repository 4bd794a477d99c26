import type {
  ExplainedCall,
  ExplainedCheck,
  ExplainedCode,
  ExplainedFunction,
  ExplainedSignature,
  Explanation,
} from './explain-model.ts';

const STYLE = `
.callfuzz { font: 14px/1.45 system-ui, sans-serif; color: #1c1e21; background: #fff; padding: 1rem; max-width: 90rem; }
.callfuzz h2 { font-size: 1.3rem; margin: 0 0 .5rem; }
.callfuzz h3 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #ccd; }
.callfuzz h4 { font-size: 1rem; margin: 1.2rem 0 .3rem; font-family: ui-monospace, monospace; }
.callfuzz h5 { font-size: .85rem; margin: .7rem 0 .2rem; color: #556; }
.callfuzz pre { font: 12px/1.35 ui-monospace, monospace; background: #f6f7f9; padding: .5rem; margin: 0; overflow-x: auto; }
.callfuzz pre mark { background: #ffe9a8; display: block; }
.callfuzz table { border-collapse: collapse; margin: .2rem 0; font-size: 13px; }
.callfuzz td, .callfuzz th { border: 1px solid #dde; padding: .15rem .5rem; text-align: left; vertical-align: top; }
.callfuzz th { background: #f0f2f6; font-weight: 600; }
.callfuzz td.place { font-family: ui-monospace, monospace; }
.callfuzz .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: .6rem; }
.callfuzz .ok { color: #17692b; }
.callfuzz .broken { color: #b3161b; font-weight: 600; }
.callfuzz .none { color: #667; }
.callfuzz ul { margin: .2rem 0; padding-left: 1.2rem; }
`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML that shows it; safe between tags and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function list(lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>\n`;
}

/** Cells are HTML already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const top = head.map((text) => `<th>${escapeHtml(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.join('')}</tr>`).join('\n');
  return `<table>${head.length === 0 ? '' : `<tr>${top}</tr>\n`}${body}\n</table>\n`;
}

const cell = (text: string): string => `<td>${escapeHtml(text)}</td>`;
const placeCell = (text: string): string => `<td class="place">${escapeHtml(text)}</td>`;

function signatureHtml({ text, places, lines }: ExplainedSignature): string {
  const rows = places.map(({ role, name, type, place, notes }) => [
    cell(role),
    placeCell(name),
    placeCell(type),
    placeCell(place),
    cell(notes.join(', ')),
  ]);
  const head = ['', 'value', 'type', 'place', ''];
  return `<p><code>${escapeHtml(text)}</code></p>\n${table(head, rows)}${list(lines)}`;
}

const CHECK_CLASS: Readonly<Record<ExplainedCheck['verdict'], string>> = {
  ok: 'ok',
  broken: 'broken',
  'not applicable': 'none',
};

function checksHtml(checks: readonly ExplainedCheck[]): string {
  const rows = checks.map(({ name, verdict, detail }) => [
    cell(name),
    `<td class="${CHECK_CLASS[verdict]}">${verdict}</td>`,
    cell(detail),
  ]);
  return table(['invariant', 'verdict', ''], rows);
}

function codeHtml(title: string, code: ExplainedCode): string {
  const lines = code.lines.map((line, i) => {
    const text = escapeHtml(line);
    return code.marked.includes(i) ? `<mark>${text}</mark>` : `${text}\n`;
  });
  const body = code.reason === null ? lines.join('') : escapeHtml(code.reason);
  return `<div><h5>${escapeHtml(title)}</h5><pre>${body}</pre></div>\n`;
}

function callHtml(call: ExplainedCall, name: string): string {
  const live = call.live.map((value) => [
    placeCell(value.name),
    placeCell(value.type),
    placeCell(value.place),
  ]);
  const callee =
    call.callee === null ? '' : `<h5>what the callee is defined with</h5>\n${signatureHtml(call.callee)}`;
  return [
    `<h4>${escapeHtml(`${name}, ${call.title}`)}</h4>\n`,
    `<h5>calls ${escapeHtml(call.target)} by</h5>\n${signatureHtml(call.caller)}${callee}`,
    '<h5>live across the call</h5>\n',
    live.length === 0 ? '<p>nothing</p>\n' : table(['value', 'type', 'kept in'], live),
    `<h5>the call may overwrite</h5>\n${list(call.clobbers)}`,
    call.handlers.length === 0 ? '' : `<h5>handlers</h5>\n${list(call.handlers)}`,
    `<h5>invariants</h5>\n${checksHtml(call.checks)}`,
    '<div class="columns">\n',
    codeHtml('CLIF', call.clif),
    codeHtml('VCode, riscv64', call.vcode),
    codeHtml('disassembly, riscv64', call.disassembly),
    codeHtml('VCode, x86_64', call.nativeVcode),
    codeHtml('disassembly, x86_64', call.nativeDisassembly),
    '</div>\n',
  ].join('');
}

function functionHtml(fn: ExplainedFunction): string {
  return [
    `<h3>${escapeHtml(fn.name)}</h3>\n<pre>${escapeHtml(fn.clif)}</pre>\n`,
    `<h5>called with</h5>\n${signatureHtml(fn.signature)}`,
    `<h5>frame</h5>\n${list(fn.frame)}`,
    fn.entered.length === 0 ? '' : `<h5>called by the guest</h5>\n${checksHtml(fn.entered)}`,
    ...fn.calls.map((call) => callHtml(call, fn.name)),
  ].join('');
}

const VARIATION_CLASS = { agree: 'ok', finding: 'broken', other: 'none' } as const;

/** An explanation as one HTML element with its style, to be put into any page. It needs nothing from outside and runs nothing. */
export function explanationHtml(explanation: Explanation): string {
  const variations = explanation.variations.map(({ name, result, kind }) => [
    cell(name),
    `<td class="${VARIATION_CLASS[kind]}">${escapeHtml(result)}</td>`,
  ]);
  const facts = [
    ['Cranelift', explanation.cranelift],
    ['emulator', explanation.emulator],
    ['configuration', explanation.configuration === '' ? 'defaults' : explanation.configuration],
    ['verdict', explanation.verdict],
  ].map(([name, value]) => [cell(name ?? ''), cell(value ?? '')]);
  const problems = explanation.problems.length === 0 ? '' : '<h5>rules of CLIF that the module breaks</h5>\n';
  return [
    `<section class="callfuzz">\n<style>${STYLE}</style>\n<h2>${escapeHtml(explanation.title)}</h2>\n`,
    table([], facts),
    problems,
    list(explanation.problems),
    list(explanation.notes),
    ...explanation.functions.map(functionHtml),
    variations.length === 0 ? '' : `<h3>variations</h3>\n${table(['variation', 'result'], variations)}`,
    '</section>\n',
  ].join('');
}
