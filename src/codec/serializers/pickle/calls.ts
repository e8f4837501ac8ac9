import { CodecError } from '../../../errors.js'
import { show } from '../../../units.js'
import { findGlobal } from './globals.js'
import type { Machine } from './machine.js'
import { refuse } from './refuse.js'
import { Global, TokenTuple, Unbuilt, type Behaviour, type Work } from './token.js'
import { PyTuple } from './types/collections.js'

/** Puts a class or function on the stack, by its name; nothing is loaded. */
export function pushGlobal(machine: Machine, module: unknown, name: unknown): void {
  const found = typeof module === 'string' && typeof name === 'string' ? findGlobal(module, name) : undefined
  machine.push(found ?? refuse(`it names ${show(module)} ${show(name)}, which is not on the list of what is read`))
}

/** REDUCE and NEWOBJ: the arguments lie on top of what is to take them. */
export function apply(machine: Machine, how: keyof Behaviour): void {
  const args = argumentsOf(machine.pop())
  const target = machine.pop()
  if (!(target instanceof Global)) return refuse('it calls what is no class or function')
  const behaviour = target.behaviour[how] ?? refuse(`it calls ${target.name}, which is only referred to`)
  const work: Work = (length) => machine.work(length)
  machine.pushNew(guarded(target.name, () => behaviour(args, work)))
}

/** BUILD: the state lies on top of what is to take it. */
export function build(machine: Machine): void {
  const state = machine.pop()
  const target = machine.top()
  if (!(target instanceof Unbuilt)) return refuse('it gives a state to what has none (BUILD)')
  machine.replaceTop(guarded(target.name, () => target.build(state)))
}

function argumentsOf(args: unknown): readonly unknown[] {
  if (args instanceof TokenTuple) return args.items
  return args instanceof PyTuple ? args : refuse('it calls with what is no tuple')
}

function guarded(name: string, make: () => unknown): unknown {
  try {
    return make()
  } catch (cause) {
    if (cause instanceof CodecError) throw cause
    return refuse(`it gives ${name} what Python does not`, cause)
  }
}
