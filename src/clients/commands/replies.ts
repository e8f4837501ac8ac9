import type { Reply } from '../../connection/connection.js'
import type { Value } from '../command.js'

/** What an absent value is on the wire. */
export function optional(reply: Reply): Value | undefined {
  return typeof reply === 'string' || reply instanceof Buffer ? reply : undefined
}

export function optionals(reply: Reply): readonly (Value | undefined)[] {
  const values = reply as (Value | undefined)[]
  // In place: a reply is nobody else's, and a getMany of thousands needs no second array (bench/suites/many-keys.mjs).
  for (let index = 0; index < values.length; index++) values[index] = optional(values[index] as Reply)
  return values
}

/** The values of an array or a set; none when there is no such key. */
export function values(reply: Reply): readonly Value[] {
  if (Array.isArray(reply)) return reply as Value[]
  return reply === null ? [] : [...(reply as Iterable<Value>)]
}

export function texts(reply: Reply): readonly string[] {
  return values(reply).map(text)
}

export function count(reply: Reply): number {
  return Number(reply)
}

export function optionalCount(reply: Reply): number | undefined {
  return reply === null ? undefined : Number(reply)
}

export function flag(reply: Reply): boolean {
  return Number(reply) > 0
}

export function flags(reply: Reply): readonly boolean[] {
  return (reply as Reply[]).map(flag)
}

export function wide(reply: Reply): number | bigint {
  const value = Number(reply)
  return Number.isSafeInteger(value) ? value : BigInt(reply as string)
}

/** A score, or the sum of fractions: a number, also past 2^53. */
export function number(reply: Reply): number {
  const score = String(reply)
  return /inf/i.test(score) ? (score.startsWith('-') ? -Infinity : Infinity) : Number(score)
}

export function optionalNumber(reply: Reply): number | undefined {
  return reply === null ? undefined : number(reply)
}

/** Fields and their values. */
export function fields(reply: Reply): readonly (readonly [field: string, value: Value])[] {
  return [...(reply as Map<Value, Value>)].map(([field, value]) => [text(field), value])
}

/** Members and their scores. */
export function scored(reply: Reply): readonly (readonly [member: Value, score: number])[] {
  return (reply as [Value, Reply][]).map(([member, score]) => [member, number(score)])
}

export function text(value: Value): string {
  return typeof value === 'string' ? value : Buffer.from(value).toString('utf8')
}

export function nothing(): void {}
