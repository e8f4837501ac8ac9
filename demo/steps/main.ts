// From no cache to a cluster: what the users of one application feel at each step, and what the loss of a server costs
// them there. docs/step-by-step.md tells the story; this makes its numbers: `npm run steps`.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measure, type Felt } from './measure.js'
import { steps, type Step } from './steps.js'

const { values, positionals } = parseArgs({
  options: { well: { type: 'string', default: '10' }, killed: { type: 'string', default: '8' } },
  allowPositionals: true,
})
const [well, killed] = [Number(values.well), Number(values.killed)]
const figures = ['p50', 'p99', 'failed pages', 'queries/s']
const heading = [
  'step',
  ...figures,
  `${killed} s after a kill: p50`,
  ...figures.slice(1),
  'pause of edits',
  'failed edits',
]

console.log(`Node ${process.version}, ${cpus().length} cores of ${cpus()[0]?.model}, load ${load()}\n`)
console.log(row(heading))
console.log(row(heading.map(() => '---')))
for (const step of chosen(positionals)) {
  const felt = await measure(step, { warmUp: well / 2, well, killed })
  console.log(row([step.name, ...pageCells(felt.well), ...pageCells(felt.killed), ...editCells(felt.killed)]))
}
console.log(`\nload ${load()} at the end`)

function chosen(names: readonly string[]): readonly Step[] {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    throw new Error(`no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`)
  return names.length === 0 ? steps : steps.filter(({ name }) => names.includes(name))
}

function pageCells(felt: Felt | undefined): readonly string[] {
  if (felt === undefined) return figures.map(() => '–')
  return [time(felt.p50), time(felt.p99), String(felt.failed), felt.queries.toFixed(0)]
}

function editCells(felt: Felt | undefined): readonly string[] {
  return felt === undefined ? ['–', '–'] : [time(felt.pauseOfEdits), String(felt.failedEdits)]
}

function time(ms: number): string {
  if (ms === Infinity) return 'failed'
  return ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toFixed(0)} ms`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function load(): string {
  return String(loadavg()[0]?.toFixed(1))
}
