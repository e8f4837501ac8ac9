import { apply, build, pushGlobal } from './calls.js'
import { asMap, isDict, setKey } from './dicts.js'
import { readInteger } from './integers.js'
import { asValue, type Machine } from './machine.js'
import { readDecimalFloat, readDecimalInteger } from './numerals.js'
import { opcode } from './opcodes.js'
import { refuse } from './refuse.js'
import { readEscaped } from './text.js'
import { Token, TokenTuple } from './token.js'
import { PyBytearray, PyFrozenset, PyTuple } from './types/collections.js'

export type Operation = (machine: Machine) => void

/**
 * What each instruction does. One that is not here is refused: those that Python 3 does not write (DUP, INST, OBJ,
 * STRING …), and those that reach outside of the pickle (PERSID, EXT, NEXT_BUFFER …).
 */
const operations: readonly (readonly [code: number, operation: Operation])[] = [
  [opcode.PROTO, protocol],
  [opcode.FRAME, frame],

  [opcode.NONE, (m) => m.push(null)],
  [opcode.NEWTRUE, (m) => m.push(true)],
  [opcode.NEWFALSE, (m) => m.push(false)],
  [opcode.INT, (m) => m.push(readDecimalInteger(m.input.line()))],
  [opcode.BININT, (m) => m.push(m.input.int32())],
  [opcode.BININT1, (m) => m.push(m.input.byte())],
  [opcode.BININT2, (m) => m.push(m.input.uint(2))],
  [opcode.LONG, (m) => m.push(readDecimalInteger(m.input.line()))],
  [opcode.LONG1, (m) => m.push(readInteger(m.input.take(m.input.byte())))],
  [opcode.LONG4, (m) => m.push(readInteger(m.input.take(m.input.uint(4))))],
  [opcode.FLOAT, (m) => m.push(readDecimalFloat(m.input.line()))],
  [opcode.BINFLOAT, (m) => m.push(m.input.float())],

  [opcode.UNICODE, (m) => m.push(readEscaped(m.input.line()))],
  [opcode.SHORT_BINUNICODE, (m) => m.push(m.input.text(m.input.byte()))],
  [opcode.BINUNICODE, (m) => m.push(m.input.text(m.input.uint(4)))],
  [opcode.BINUNICODE8, (m) => m.push(m.input.text(m.input.length64()))],
  [opcode.SHORT_BINBYTES, (m) => m.pushNew(Buffer.from(m.input.take(m.input.byte())))],
  [opcode.BINBYTES, (m) => m.pushNew(Buffer.from(m.input.take(m.input.uint(4))))],
  [opcode.BINBYTES8, (m) => m.pushNew(Buffer.from(m.input.take(m.input.length64())))],
  [opcode.BYTEARRAY8, (m) => m.pushNew(new PyBytearray(m.input.take(m.input.length64())))],

  [opcode.EMPTY_LIST, (m) => m.pushNew([])],
  [opcode.LIST, (m) => m.pushNew(m.popMark().map(asValue))],
  [opcode.APPEND, (m) => append(m, [m.pop()])],
  [opcode.APPENDS, (m) => append(m, m.popMark())],
  [opcode.EMPTY_TUPLE, (m) => pushTuple(m, [])],
  [opcode.TUPLE1, (m) => pushTuple(m, m.popMany(1))],
  [opcode.TUPLE2, (m) => pushTuple(m, m.popMany(2))],
  [opcode.TUPLE3, (m) => pushTuple(m, m.popMany(3))],
  [opcode.TUPLE, (m) => pushTuple(m, m.popMark())],
  [opcode.EMPTY_DICT, (m) => m.pushNew({})],
  [opcode.DICT, dict],
  [opcode.SETITEM, (m) => setItems(m, m.popMany(2))],
  [opcode.SETITEMS, (m) => setItems(m, m.popMark())],
  [opcode.EMPTY_SET, (m) => m.pushNew(new Set())],
  [opcode.ADDITEMS, (m) => addItems(m, m.popMark())],
  [opcode.FROZENSET, (m) => m.pushNew(new PyFrozenset(m.popMark().map(asValue)))],

  [opcode.MARK, (m) => m.mark()],
  [opcode.POP, (m) => m.drop()],
  [opcode.POP_MARK, (m) => void m.popMark()],
  [opcode.MEMOIZE, (m) => m.memoize()],
  [opcode.PUT, (m) => m.memoizeAt(memoIndex(m))],
  [opcode.BINPUT, (m) => m.memoizeAt(m.input.byte())],
  [opcode.LONG_BINPUT, (m) => m.memoizeAt(m.input.uint(4))],
  [opcode.GET, (m) => m.recall(memoIndex(m))],
  [opcode.BINGET, (m) => m.recall(m.input.byte())],
  [opcode.LONG_BINGET, (m) => m.recall(m.input.uint(4))],

  [opcode.GLOBAL, (m) => pushGlobal(m, m.input.line(), m.input.line())],
  [opcode.STACK_GLOBAL, stackGlobal],
  [opcode.REDUCE, (m) => apply(m, 'call')],
  [opcode.NEWOBJ, (m) => apply(m, 'create')],
  [opcode.BUILD, build],
]

/** By the byte that asks for it. */
export const operationOf: readonly (Operation | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => operations.find(([known]) => known === code)?.[1],
)

function protocol({ input }: Machine): void {
  const version = input.byte()
  if (version > 5) refuse(`it is of protocol ${version}; 0 to 5 are read`)
}

/** It says only how many bytes belong together. */
function frame({ input }: Machine): void {
  if (input.length64() > input.rest) refuse('a frame is longer than the pickle')
}

function memoIndex({ input }: Machine): number {
  return Number(readDecimalInteger(input.line()))
}

function append(machine: Machine, items: readonly unknown[]): void {
  const list = machine.top()
  if (!Array.isArray(list) || list instanceof PyTuple) return refuse('it appends to what is no list')
  for (const item of items) list.push(asValue(item))
}

function pushTuple(machine: Machine, items: readonly unknown[]): void {
  const hasToken = items.some((item) => item instanceof Token)
  machine.pushNew(hasToken ? new TokenTuple(items) : new PyTuple(items))
}

function dict(machine: Machine): void {
  const items = machine.popMark()
  machine.pushNew({})
  setItems(machine, items)
}

/** Keys and values in turn. */
function setItems(machine: Machine, items: readonly unknown[]): void {
  if (items.length % 2 === 1) refuse('a dict has a key without a value')
  machine.countPairs(items.length / 2)
  for (let at = 0; at < items.length; at += 2) setItem(machine, asValue(items[at]), asValue(items[at + 1]))
}

function setItem(machine: Machine, key: unknown, value: unknown): void {
  const target = machine.top()
  if (target instanceof Map) target.set(key, value)
  else if (!isDict(target)) refuse('it sets a key of what is no dict')
  else if (typeof key === 'string') setKey(target, key, value)
  else machine.replaceTop(asMap(target).set(key, value))
}

function addItems(machine: Machine, items: readonly unknown[]): void {
  const set = machine.top()
  if (!(set instanceof Set) || set instanceof PyFrozenset) return refuse('it adds to what is no set')
  for (const item of items) set.add(asValue(item))
}

function stackGlobal(machine: Machine): void {
  const [module, name] = machine.popMany(2)
  pushGlobal(machine, module, name)
}
