import { layoutSignature } from '../abi/layout.ts';
import type { Module } from '../clif/module.ts';
import { throwRoutinesOf } from '../clif/throw-routine.ts';
import type { Callee } from './stub.ts';

/** The routines that a module throws by, as callees whose stubs make the runtime throw. */
export function throwCalleesOf(module: Module): readonly Callee[] {
  return throwRoutinesOf(module).map(({ name, signature, namesInstance }) => ({
    name,
    layout: layoutSignature(signature, { implicitReturnArea: false }),
    callConv: signature.callConv,
    kind: namesInstance ? 'throws-to' : 'throws',
    isExtensionChecked: () => false,
    stackWords: 0,
  }));
}
