import { advanceScript, markScript, parseMark, tagLife } from '../commands/tags.js'
import { timeIn, type Twin } from './script.js'

const advance: Twin = (call, [key = '']) => {
  const last = Number(call('GET', key) ?? 0) || 0
  const number = Math.max(last + 1, timeIn(call))
  call('SET', key, String(number))
  return number
}

const mark: Twin = (call, [key = ''], [, given = '', soft = '']) => {
  const held = parseMark(String(call('GET', key) ?? ''))
  const now = timeIn(call)
  const number = Number(given)
  let [invalid, stale, gone] = Number.isFinite(held.invalid) ? [held.invalid, held.stale, held.goneAt] : [0, 0, 0]
  if (gone > 0 && now >= gone) invalid = Math.max(invalid, stale)
  if (stale <= invalid) [stale, gone] = [0, 0]
  if (soft === '') invalid = Math.max(invalid, number)
  else if (number > invalid) {
    const ends = soft === '0' ? 0 : now + Number(soft)
    if (stale === 0 || (ends > 0 && (gone === 0 || ends < gone))) gone = ends
    stale = Math.max(stale, number)
  }
  if (stale <= invalid) [stale, gone] = [0, 0]
  call('SET', key, `${invalid}:${stale}:${gone}`, 'PX', String(tagLife))
  return 1
}

/** The twins of the scripts for tags. */
export const tagTwins: readonly (readonly [script: string, twin: Twin])[] = [
  [advanceScript, advance],
  [markScript, mark],
]
