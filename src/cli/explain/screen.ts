import { harmless, type Paint } from '../terminal/paint.js'
import { bytesText, timeText } from '../terminal/units.js'
import type { Explanation, FrameExplanation } from './explain.js'

/** The explanation as lines of text. Pure. */
export function explanationLines(found: Explanation, paint: Paint): readonly string[] {
  const { key, made, slot, shard, node, type, ttl, bytes, memory, frame } = found
  const rows: readonly (readonly [name: string, text: string | undefined])[] = [
    ['key', key],
    ['on the server', made],
    ['slot', slot === undefined ? undefined : String(slot)],
    ['shard', shard === undefined ? undefined : String(shard)],
    ['node', node],
    ['type', type === 'none' ? 'it is not there' : type],
    ['ttl', ttl === undefined ? undefined : ttl === null ? 'none: it is kept for ever' : timeText(ttl)],
    ['value', bytes === undefined ? undefined : bytesText(bytes)],
    ['memory', memory === undefined ? undefined : bytesText(memory)],
    ['codec', codecText(found)],
    ['frame', frame && frameText(frame)],
    ['fresh', frame?.freshFor === undefined ? undefined : freshText(frame.freshFor)],
    ['tags', frame === undefined || frame.tags.length === 0 ? undefined : frame.tags.join(', ')],
  ]
  return rows.flatMap(([name, text]) =>
    text === undefined ? [] : [`${paint('dim', name.padEnd(15))}${harmless(text)}`],
  )
}

function codecText({ codec: { format, serializer, compressor } }: Explanation): string {
  return `${format}: ${serializer}${compressor === undefined ? '' : `, ${compressor}`}`
}

function frameText({ serializer, compressor, keyId }: FrameExplanation): string {
  const parts = [serializer ?? 'a number', compressor, keyId === undefined ? undefined : `encrypted with key ${keyId}`]
  return parts.filter((part) => part !== undefined).join(', ')
}

function freshText(freshFor: number): string {
  return freshFor >= 0 ? `for ${timeText(freshFor)}` : `stale for ${timeText(-freshFor)}`
}
