import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PyBytearray, pickleSerializer } from '../../src/codec/serializers/pickle/index.js'
import { opcode as op } from '../../src/codec/serializers/pickle/opcodes.js'
import { CodecError } from '../../src/errors.js'
import { pickleVectors } from '../support/pickle.js'

const everyPickle = [...pickleVectors.values, ...pickleVectors.cycles].flatMap(({ pickles }) =>
  Object.values(pickles).map((base64) => Buffer.from(base64, 'base64')),
)

describe('a pickle cannot run anything: it may name only what is on the list', () => {
  test.for([
    ['os', 'system'],
    ['posix', 'system'],
    ['subprocess', 'Popen'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['builtins', '__import__'],
    ['__builtin__', 'eval'],
    ['builtins', 'unicode'],
    ['operator', 'attrgetter'],
    ['django.core.cache', 'caches'],
    ['django_valkey.base_client', 'DefaultClient'],
    ['datetime', 'datetime.now'],
    ['zoneinfo', 'ZoneInfo.from_file'],
    ['', 'datetime datetime'],
    ['datetime datetime', ''],
    ['__proto__', 'constructor'],
    ['constructor', 'constructor'],
  ] as const)('%s.%s', ([module, name]) => {
    const called = [text('id'), op.TUPLE1, op.REDUCE]
    expectRefusal([op.GLOBAL, `${module}\n${name}\n`, ...called], `'${module}' '${name}'`)
    expectRefusal([text(module), text(name), op.STACK_GLOBAL, ...called], `'${module}' '${name}'`)
    expectRefusal([op.MARK, text('id'), op.INST, `${module}\n${name}\n`], 'INST')
  })

  test('a name that is long is cut in the error', () => {
    const error = refusalOf([op.GLOBAL, `${'m'.repeat(10_000)}\n${'n'.repeat(10_000)}\n`])
    expect(error.message.length).toBeLessThan(300)
  })

  test('a name has to be text', () => {
    expectRefusal([op.NONE, op.NONE, op.STACK_GLOBAL], 'names null null')
  })

  test('getattr finds nothing but the maker of zones', () => {
    const zone = global('zoneinfo', 'ZoneInfo')
    for (const args of [
      [zone, text('from_file'), op.TUPLE2],
      [zone, text('__class__'), op.TUPLE2],
      [zone, text('_unpickle'), op.NONE, op.TUPLE3],
      [text(''), text('_unpickle'), op.TUPLE2],
      [global('uuid', 'UUID'), text('_unpickle'), op.TUPLE2],
    ])
      expectRefusal([global('builtins', 'getattr'), ...args, op.REDUCE], 'builtins getattr')
  })
})

describe('an instruction that is not on the list is refused by its name', () => {
  const refused = {
    DUP: op.DUP,
    PERSID: op.PERSID,
    BINPERSID: op.BINPERSID,
    STRING: op.STRING,
    BINSTRING: op.BINSTRING,
    SHORT_BINSTRING: op.SHORT_BINSTRING,
    INST: op.INST,
    OBJ: op.OBJ,
    NEWOBJ_EX: op.NEWOBJ_EX,
    EXT1: op.EXT1,
    EXT2: op.EXT2,
    EXT4: op.EXT4,
    NEXT_BUFFER: op.NEXT_BUFFER,
    READONLY_BUFFER: op.READONLY_BUFFER,
    '0x00': 0x00,
    '0x99': 0x99,
    '0xff': 0xff,
  }
  test.for(Object.entries(refused))('%s', ([name, code]) => {
    expectRefusal([op.NONE, op.MARK, op.NONE, code, '1\n1\n'], `instruction ${name} `)
  })
})

describe('what is on the list does only what Python writes', () => {
  const datetimeBytes = '\x07\xe8\x01\x02\x03\x04\x05\0\0\0'
  const delta = [global('datetime', 'timedelta'), op.NONE]
  test.for<[what: string, parts: Part[]]>([
    ['a call of a class that is only referred to', [global('builtins', 'str'), op.EMPTY_TUPLE, op.REDUCE]],
    ['a call of the class of zones', [global('zoneinfo', 'ZoneInfo'), text('UTC'), op.TUPLE1, op.REDUCE]],
    ['a call of UUID', [global('uuid', 'UUID'), text('1'.repeat(32)), op.TUPLE1, op.REDUCE]],
    ['a call of a value', [op.NONE, op.EMPTY_TUPLE, op.REDUCE]],
    ['a call with no tuple', [global('builtins', 'set'), op.EMPTY_LIST, op.REDUCE]],
    ['a new object of what is called', [global('builtins', 'set'), op.EMPTY_TUPLE, op.NEWOBJ]],
    ['a new object of a value', [text('os'), op.EMPTY_TUPLE, op.NEWOBJ]],
    [
      'a new object by another base',
      [
        global('copyreg', '_reconstructor'),
        global('datetime', 'date'),
        global('builtins', 'object'),
        op.NONE,
        op.TUPLE3,
        op.REDUCE,
      ],
    ],
    ['a state for a dict', [op.EMPTY_DICT, op.EMPTY_DICT, op.BUILD]],
    ['a state for a class', [global('uuid', 'UUID'), op.EMPTY_DICT, op.BUILD]],
    ['a second state', [uuid(1), op.EMPTY_DICT, op.BUILD]],
    ['a UUID without a number', [global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ, op.EMPTY_DICT, op.BUILD]],
    ['a UUID of nothing', [global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ, op.NONE, op.BUILD]],
    ['a UUID of a negative number', [uuid(-1)]],
    [
      'a UUID of 129 bits',
      [
        global('uuid', 'UUID'),
        op.EMPTY_TUPLE,
        op.NEWOBJ,
        op.EMPTY_DICT,
        text('int'),
        op.LONG1,
        17,
        ...Array<number>(16).fill(0),
        1,
        op.SETITEM,
        op.BUILD,
      ],
    ],
    ['a set of a text', [global('builtins', 'set'), text('abc'), op.TUPLE1, op.REDUCE]],
    ['bytes of a number', [global('builtins', 'bytes'), op.BININT1, 255, op.TUPLE1, op.REDUCE]],
    ['a bytearray of a number', [global('builtins', 'bytearray'), op.BININT, 255, 255, 255, 127, op.TUPLE1, op.REDUCE]],
    ['another encoding', [global('_codecs', 'encode'), text('abc'), text('utf-16'), op.TUPLE2, op.REDUCE]],
    ['text that is not latin1', [global('_codecs', 'encode'), text('€'), text('latin1'), op.TUPLE2, op.REDUCE]],
    ['an OrderedDict with arguments', [global('collections', 'OrderedDict'), op.EMPTY_LIST, op.TUPLE1, op.REDUCE]],
    ['a Decimal that is none', [global('decimal', 'Decimal'), text('1; import os'), op.TUPLE1, op.REDUCE]],
    ['a Decimal of a float', [global('decimal', 'Decimal'), op.BINFLOAT, '\0\0\0\0\0\0\0\0', op.TUPLE1, op.REDUCE]],
    [
      'a datetime of numbers',
      [global('datetime', 'datetime'), op.BININT1, 1, op.BININT1, 1, op.BININT1, 1, op.TUPLE3, op.REDUCE],
    ],
    [
      'a datetime that is too short',
      [global('datetime', 'datetime'), bytes(datetimeBytes.slice(1)), op.TUPLE1, op.REDUCE],
    ],
    ['the 13th month', [global('datetime', 'date'), bytes('\x07\xe8\x0d\x01'), op.TUPLE1, op.REDUCE]],
    ['the 30th of February', [global('datetime', 'date'), bytes('\x07\xe8\x02\x1e'), op.TUPLE1, op.REDUCE]],
    ['the year 0', [global('datetime', 'date'), bytes('\0\0\x01\x01'), op.TUPLE1, op.REDUCE]],
    ['the hour 24', [global('datetime', 'time'), bytes('\x18\0\0\0\0\0'), op.TUPLE1, op.REDUCE]],
    ['a million microseconds', [global('datetime', 'time'), bytes('\0\0\0\x0f\x42\x40'), op.TUPLE1, op.REDUCE]],
    ['a zone that is none', [global('datetime', 'datetime'), bytes(datetimeBytes), text('UTC'), op.TUPLE2, op.REDUCE]],
    ['a timedelta of nothing', [...delta, op.NONE, op.NONE, op.TUPLE3, op.REDUCE]],
    [
      'a timezone of a day',
      [
        global('datetime', 'timezone'),
        global('datetime', 'timedelta'),
        op.BININT1,
        1,
        op.BININT1,
        0,
        op.BININT1,
        0,
        op.TUPLE3,
        op.REDUCE,
        op.TUPLE1,
        op.REDUCE,
      ],
    ],
    ['a timezone of a number', [global('datetime', 'timezone'), op.BININT1, 1, op.TUPLE1, op.REDUCE]],
    ['a marker with arguments', [global('django_valkey.base_client', 'Marker'), op.NONE, op.TUPLE1, op.NEWOBJ]],
    ['an object as safe text', [global('django.utils.safestring', 'SafeString'), op.EMPTY_DICT, op.TUPLE1, op.NEWOBJ]],
  ])('%s', ([, parts]) => {
    expectRefusal(parts)
  })
})

describe('what is no value does not become part of one', () => {
  const type = global('datetime', 'date')
  test.for<[what: string, parts: Part[]]>([
    ['a class', [type]],
    ['a class in a list', [op.EMPTY_LIST, type, op.APPEND]],
    ['a class in a list, among others', [op.EMPTY_LIST, op.MARK, op.NONE, type, op.APPENDS]],
    ['a class in a list of protocol 0', [op.MARK, type, op.LIST]],
    ['a class in a tuple', [type, op.TUPLE1]],
    ['a class in a tuple in a list', [op.EMPTY_LIST, type, op.TUPLE1, op.APPEND]],
    ['a class as a key', [op.EMPTY_DICT, type, op.NONE, op.SETITEM]],
    ['a class in a dict', [op.EMPTY_DICT, text('k'), type, op.SETITEM]],
    ['a class in a dict of protocol 0', [op.MARK, text('k'), type, op.DICT]],
    ['a class in a set', [op.EMPTY_SET, op.MARK, type, op.ADDITEMS]],
    ['a class in a frozenset', [op.MARK, type, op.FROZENSET]],
    ['a class that is referred to', [type, op.MEMOIZE, op.POP, op.EMPTY_LIST, op.BINGET, 0, op.APPEND]],
    ['a UUID without its state', [global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ]],
    [
      'a UUID without its state in a list',
      [op.EMPTY_LIST, global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ, op.APPEND],
    ],
  ])('%s', ([, parts]) => {
    expectRefusal(parts)
  })
})

describe('a pickle that is broken is refused', () => {
  test.for<[what: string, parts: Part[]]>([
    ['with no value', []],
    ['with a mark and no value', [op.MARK]],
    ['that takes what lies below a mark', [op.EMPTY_LIST, op.NONE, op.MARK, op.APPEND]],
    ['that drops more than there is', [op.NONE, op.POP, op.POP]],
    ['that closes what is not open', [op.NONE, op.TUPLE]],
    ['that appends to a tuple', [op.EMPTY_TUPLE, op.NONE, op.APPEND]],
    ['that appends to bytes', [bytes(''), op.BININT1, 1, op.APPEND]],
    ['that sets a key of a list', [op.EMPTY_LIST, text('k'), op.NONE, op.SETITEM]],
    [
      'that sets a key of a date',
      [global('datetime', 'date'), bytes('\x07\xe8\x01\x01'), op.TUPLE1, op.REDUCE, text('day'), op.NONE, op.SETITEM],
    ],
    ['that has a key without a value', [op.EMPTY_DICT, op.MARK, text('k'), op.SETITEMS]],
    ['that adds to a frozenset', [op.MARK, op.FROZENSET, op.MARK, op.NONE, op.ADDITEMS]],
    ['that adds to a list', [op.EMPTY_LIST, op.MARK, op.NONE, op.ADDITEMS]],
    ['that refers to nothing', [op.BINGET, 0]],
    ['that refers to what comes later', [op.LONG_BINGET, 1, 0, 0, 0, op.MEMOIZE]],
    ['that memoizes nothing', [op.MEMOIZE]],
    ['with a memo out of order', [op.NONE, op.LONG_BINPUT, 255, 255, 255, 255]],
    ['of protocol 6', [op.PROTO, 6, op.NONE]],
    ['with a number that is none', [op.INT, '12x\n']],
    ['with an empty number', [op.LONG, 'L\n']],
    ['with a number in another base', [op.INT, '0x10\n']],
    ['with a float that is none', [op.FLOAT, '1.5.5\n']],
    ['with a backslash that escapes nothing', [op.UNICODE, '\\n\n']],
    ['with an escape that is too short', [op.UNICODE, '\\u12\n']],
    ['with an escape past Unicode', [op.UNICODE, '\\U00110000\n']],
    ['with text that is not UTF-8', [op.SHORT_BINUNICODE, 3, 'a\xffb']],
    ['with text that ends in half a character', [op.SHORT_BINUNICODE, 2, '\xe2\x82']],
    ['with half a surrogate', [op.SHORT_BINUNICODE, 2, '\xed\xa0']],
  ])('%s', ([, parts]) => {
    expectRefusal(parts)
  })

  test('with anything after its end', () => {
    expect(() => pickleSerializer.deserialize(Buffer.from('N.N', 'latin1'))).toThrow('1 bytes follow its end')
  })

  test('without showing what is in it', () => {
    const error = refusalOf([global('decimal', 'Decimal'), text('secret'), op.TUPLE1, op.REDUCE])
    expect(error).toMatchObject({ code: 'E_CODEC', stage: 'decode', cause: expect.any(RangeError) as Error })
    expect(error.message).not.toContain('secret')
    expect(String(error.cause)).not.toContain('secret')
  })

  test('at whatever byte it is cut off', () => {
    for (const pickle of everyPickle)
      for (let length = 0; length < pickle.length; length++) {
        const error = thrownBy(pickle.subarray(0, length))
        if (!(error instanceof CodecError)) expect(error, `cut at ${length}`).toBeInstanceOf(CodecError)
      }
  })

  test('or read, whatever byte is another', () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyPickle), fc.nat(), fc.nat({ max: 255 }), (pickle, at, byte) => {
        const changed = Buffer.from(pickle)
        changed[at % pickle.length] = byte
        expectValueOrRefusal(changed)
      }),
      { numRuns: 20_000 },
    )
  })

  test('or read, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (random) => expectValueOrRefusal(random)),
      { numRuns: 20_000 },
    )
  })

  test('or read, whatever the instructions are', () => {
    const names = [
      ['builtins', 'set'],
      ['uuid', 'UUID'],
      ['collections', 'OrderedDict'],
      ['builtins', 'getattr'],
    ] as const
    const instruction = fc.oneof(
      { arbitrary: fc.constantFrom(...Object.values(op)).map((code) => pickle(code)), weight: 10 },
      { arbitrary: fc.nat({ max: 5 }).map((index) => pickle(op.BINGET, index)), weight: 2 },
      fc.constantFrom('k', 'int', '_unpickle', '__proto__').map((name) => pickle(text(name))),
      fc.constantFrom(...names).map(([module, name]) => pickle(global(module, name))),
      fc.nat({ max: 255 }).map((number) => pickle(op.BININT1, number)),
    )
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 30 }), (instructions) =>
        expectValueOrRefusal(Buffer.concat([...instructions, pickle(op.STOP)])),
      ),
      { numRuns: 20_000 },
    )
  })
})

describe('a pickle costs no more than its bytes', () => {
  const million = 1_000_000
  const deep = 100_000

  test.for<[what: string, parts: Part[]]>([
    ['text', [op.BINUNICODE, 255, 255, 255, 255]],
    ['more text', [op.BINUNICODE8, ...Array<number>(8).fill(255)]],
    ['bytes', [op.BINBYTES, 255, 255, 255, 255]],
    ['more bytes', [op.BINBYTES8, ...Array<number>(8).fill(255)]],
    ['a bytearray', [op.BYTEARRAY8, 0, 0, 0, 0, 0, 1, 0, 0]],
    ['a number', [op.LONG4, 255, 255, 255, 127]],
    ['a number of negative length', [op.LONG4, 255, 255, 255, 255]],
    ['a frame', [op.FRAME, ...Array<number>(8).fill(255)]],
  ])('however long it says it is: %s', ([, parts]) => {
    expectRefusal(parts)
  })

  test('however often it refers to itself', () => {
    const bomb: Part[] = [op.EMPTY_LIST, op.MEMOIZE]
    for (let at = 0; at < 60; at++)
      bomb.push(op.EMPTY_LIST, op.MEMOIZE, op.MARK, op.BINGET, at, op.BINGET, at, op.APPENDS)
    const [first, second] = pickleSerializer.deserialize(pickle(...bomb, op.STOP)) as [unknown, unknown]
    expect(first).toBe(second)
  })

  test.for<[what: string, make: () => Part[]]>([
    ['lists', () => [Buffer.alloc(deep, op.EMPTY_LIST), Buffer.alloc(deep - 1, op.APPEND)]],
    ['tuples', () => [op.EMPTY_TUPLE, Buffer.alloc(deep, op.TUPLE1)]],
    ['frozensets', () => [Buffer.alloc(deep, op.MARK), Buffer.alloc(deep, op.FROZENSET)]],
    ['lists that are filled from within', filledFromWithin],
  ])('however deep it is, past 1000: %s', ([, make]) => {
    expectRefusal(make(), 'lie in each other')
  })

  test('as deep as Python goes, it is read', () => {
    const lists = [...Array<number>(999).fill(op.EMPTY_LIST), ...Array<number>(998).fill(op.APPEND)]
    expect(pickleSerializer.deserialize(pickle(...lists, op.STOP))).toBeInstanceOf(Array)
  })

  test('however many objects it makes', () => {
    expectRefusal([Buffer.alloc(5 * million, op.EMPTY_LIST)], 'it holds more than 4000000 values')
  })

  test.for<[what: string, called: Part[], parts: Part[]]>([
    ['bytes', [global('_codecs', 'encode')], [long('x', million), text('latin1'), op.TUPLE2]],
    ['sets', [global('builtins', 'set')], [op.MARK, Buffer.alloc(million, op.NONE), op.LIST, op.TUPLE1]],
    ['numbers', [global('decimal', 'Decimal')], [long('1', million), op.TUPLE1]],
    [
      'bytearrays',
      [global('builtins', 'bytearray')],
      [op.BINBYTES, 0x40, 0x42, 0x0f, 0, Buffer.alloc(million), op.TUPLE1],
    ],
  ])('however often it works on the same: %s', ([, called, parts]) => {
    const again = repeat(pickle(op.BINGET, 0, op.BINGET, 1, op.REDUCE), 1_000)
    expectRefusal([...called, op.MEMOIZE, ...parts, op.MEMOIZE, again], 'again and again')
  })

  test('however often a dict is given its first other key', () => {
    const entries = Array.from({ length: 100_000 }, (_, at) => pickle(text(`k${at}`), op.NONE))
    const dict = pickle(op.EMPTY_DICT, op.MEMOIZE, op.MARK, Buffer.concat(entries), op.SETITEMS)
    const refer = repeat(pickle(op.BINGET, 0), 5_000)
    const again = repeat(pickle(op.BININT1, 1, op.NONE, op.SETITEM, op.POP), 5_000)
    const value = pickleSerializer.deserialize(pickle(dict, refer, again, op.STOP)) as Map<unknown, unknown>
    expect([value.size, value.get(1)]).toStrictEqual([100_001, null])
  })

  test('and an old protocol may take the bytes of a bytearray twice', () => {
    const bytes = [global('_codecs', 'encode'), long('x', million), text('latin1'), op.TUPLE2, op.REDUCE]
    const made = pickle(global('builtins', 'bytearray'), ...bytes, op.TUPLE1, op.REDUCE, op.STOP)
    const read = pickleSerializer.deserialize(made) as Uint8Array
    expect(read).toBeInstanceOf(PyBytearray)
    expect(Buffer.alloc(million, 'x').equals(read)).toBe(true)
  })

  test('however long a number is as text: past 4300 digits it is refused, as in Python', () => {
    expect(pickleSerializer.deserialize(pickle(op.LONG, `${'9'.repeat(4300)}L\n`, op.STOP))).toBe(10n ** 4300n - 1n)
    expectRefusal([op.LONG, `${'9'.repeat(4301)}L\n`])
  })

  test('as a number of as many bytes as it likes', () => {
    const digits = Buffer.alloc(million, 0x11)
    const bytes = Buffer.concat([pickle(op.LONG4, 0x40, 0x42, 0x0f, 0), digits, pickle(op.STOP)])
    expect(pickleSerializer.deserialize(bytes)).toBe(BigInt(`0x${digits.toString('hex')}`))
  })
})

/** Lists that each hold the next one, which they are given only when they are in their own list already. */
function filledFromWithin(): Part[] {
  const parts: Part[] = [op.EMPTY_LIST, op.MEMOIZE]
  for (let at = 0; at < 2000; at++)
    parts.push(op.LONG_BINGET, at & 0xff, at >> 8, 0, 0, op.EMPTY_LIST, op.MEMOIZE, op.APPEND, op.POP)
  return parts
}

type Part = number | string | Buffer

/** Bytes by number, latin1 text, or as they are. */
function pickle(...parts: readonly Part[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Buffer.of(part) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
    ),
  )
}

function repeat(bytes: Buffer, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, bytes)
}

function text(value: string): Buffer {
  const utf8 = Buffer.from(value)
  return pickle(op.SHORT_BINUNICODE, utf8.length, utf8)
}

function long(character: string, times: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(times)
  return pickle(op.BINUNICODE, length, character.repeat(times))
}

function bytes(latin1: string): Buffer {
  return pickle(op.SHORT_BINBYTES, latin1.length, latin1)
}

function global(module: string, name: string): Buffer {
  return pickle(op.GLOBAL, `${module}\n${name}\n`)
}

function uuid(int: number): Buffer {
  const state = pickle(op.EMPTY_DICT, text('int'), op.INT, `${int}\n`, op.SETITEM)
  return pickle(global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ, state, op.BUILD)
}

function expectRefusal(parts: readonly Part[], problem = 'this pickle is refused'): void {
  expect(refusalOf(parts).message).toContain(problem)
}

function refusalOf(parts: readonly Part[]): CodecError {
  const error = thrownBy(pickle(...parts, op.STOP))
  expect(error).toBeInstanceOf(CodecError)
  return error as CodecError
}

function expectValueOrRefusal(bytes: Uint8Array): void {
  const error = thrownBy(bytes)
  if (error !== undefined) expect(error).toBeInstanceOf(CodecError)
}

function thrownBy(bytes: Uint8Array): unknown {
  try {
    pickleSerializer.deserialize(bytes)
  } catch (error) {
    return error
  }
  return undefined
}
