// From no cache to a cluster: what the users of one application feel at each step, and what the loss of a server costs
// them there. docs/step-by-step.md tells the story; this makes its numbers: `npm run steps`.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { measure, type Durations, type Felt } from './measure.js'
import { steps, type Step } from './steps.js'

const { values, positionals } = parseArgs({
  options: { well: { type: 'string', default: '10' }, killed: { type: 'string', default: '8' } },
  allowPositionals: true,
})
const durations = { warmUp: Number(values.well) / 2, well: Number(values.well), killed: Number(values.killed) }

console.log(machine())
for (const line of heading(durations)) console.log(line)
for (const step of chosen(positionals)) {
  const { step: name, well, killed } = await measure(step, durations)
  console.log(row([name, ...calmCells(well), ...killedCells(killed)]))
}
console.log(`\nload ${loadavg()[0]?.toFixed(1)} at the end`)

function chosen(names: readonly string[]): readonly Step[] {
  const unknown = names.filter((name) => !steps.some((step) => step.name === name))
  if (unknown.length > 0)
    throw new Error(`no step ${unknown.join(', ')}; there are ${steps.map(({ name }) => name).join(', ')}`)
  return names.length === 0 ? steps : steps.filter(({ name }) => names.includes(name))
}

function heading({ well, killed }: Durations): readonly string[] {
  const calm = [`p50 of ${well} s`, 'p99', 'loads/s']
  const felt = [
    `${killed} s after a kill: p50`,
    'p99',
    'failed pages',
    'loads/s',
    'longest pause of edits',
    'failed edits',
  ]
  const names = ['step', ...calm, ...felt]
  return [row(names), row(names.map(() => '---'))]
}

function calmCells({ p50, p99, loads }: Felt): readonly string[] {
  return [time(p50), time(p99), loads.toFixed(0)]
}

function killedCells({ p50, p99, failed, loads, pauseOfEdits, failedEdits }: Felt): readonly string[] {
  return [time(p50), time(p99), String(failed), loads.toFixed(0), time(pauseOfEdits), String(failedEdits)]
}

function time(ms: number): string {
  if (ms === Infinity) return 'failed'
  return ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toFixed(0)} ms`
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function machine(): string {
  const [first] = cpus()
  return `Node ${process.version}, ${cpus().length} cores of ${first?.model}, load ${loadavg()[0]?.toFixed(1)}\n`
}
