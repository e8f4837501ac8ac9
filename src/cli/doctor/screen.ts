import type { Paint } from '../terminal/paint.js'
import { countText } from '../terminal/units.js'
import type { Finding } from './check.js'

/** The findings as lines of text, and how many there are of each kind. Pure. */
export function doctorLines(findings: readonly Finding[], paint: Paint): readonly string[] {
  const width = Math.max(0, ...findings.map(({ check }) => check.length))
  const lines = findings.flatMap(({ check, level, subjects, message, advice }) => {
    const begin = `${paint(colours[level], level.padEnd(4))}  ${check.padEnd(width)}  `
    const text = `${begin}${subjects.length === 0 ? '' : `${subjects.join(', ')}: `}${message}`
    return advice === undefined ? [text] : [text, `${' '.repeat(width + 6)}→ ${advice}`]
  })
  return [...lines, '', summary(findings)]
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  return `${count('ok')} ok, ${countText(count('warn'), 'warning')}, ${countText(count('fail'), 'failure')}`
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const
