// Results as text: ratios first, absolute figures only to tell a busy machine from an idle one.
import { cpus, loadavg } from 'node:os'

/** When, and on what. */
export function machine() {
  return `${new Date().toISOString()}  Node ${process.version}  ${cpus().length} × ${cpus()[0].model}  load ${load()}`
}

export function printMachine({ rounds, warmUp, turns, turn }) {
  console.log(machine())
  console.log(
    `${rounds} rounds of ${turns} turns of ${turn} ms each after ${warmUp} ms of the processor to warm up; ` +
      'median (min–max) of the rounds',
  )
}

/** @returns whether each bound of the row holds */
export function printRow({ title, contestants }, [ours, ...theirs]) {
  console.log(
    `\n${title}`.padEnd(43),
    'calls/s'.padStart(10),
    'CPU µs/call'.padStart(12),
    '   ours is, by calls/s; by CPU',
  )
  printLine(contestants[0], ours, '')
  return theirs.flatMap((results, index) => {
    const contestant = contestants[index + 1]
    const ratios = ours.map(({ perSecond }, round) => perSecond / results[round].perSecond)
    const byCpu = ours.map(({ cpuMicroseconds }, round) => results[round].cpuMicroseconds / cpuMicroseconds)
    const verdict = verdictOn(median(ratios), contestant.atLeast)
    printLine(contestant, results, [spread(ratios), `${times(median(byCpu))}   ${verdict?.text ?? ''}`].join('; '))
    return verdict === undefined ? [] : [{ ...verdict, title: `${title}: ${contestant.name}` }]
  })
}

export function printSummary(verdicts) {
  const missed = verdicts.filter(({ holds }) => !holds)
  console.log(`\n${verdicts.length - missed.length} of ${verdicts.length} bounds hold  load ${load()}`)
  for (const { title, seen, bound } of missed) console.log(`  missed: ${title} ${seen}, bound ${bound}`)
}

function printLine({ name }, results, rest) {
  const perSecond = Math.round(median(results.map((result) => result.perSecond))).toLocaleString('en')
  const cpu = median(results.map((result) => result.cpuMicroseconds)).toFixed(2)
  console.log(`  ${name}`.padEnd(42), perSecond.padStart(10), cpu.padStart(12), `   ${rest}`)
}

function verdictOn(ratio, atLeast) {
  if (atLeast === undefined) return undefined
  const holds = ratio >= atLeast
  return { holds, seen: times(ratio), bound: `≥ ${atLeast}×`, text: `≥ ${atLeast}× ${holds ? 'holds' : 'MISSED'}` }
}

/** A bound on something that should be small. */
export function atMost(title, seen, most, unit = '') {
  const holds = seen <= most
  const [said, bound] = [`${seen.toFixed(2)}${unit}`, `≤ ${most}${unit}`]
  return { holds, title, seen: said, bound, text: `${bound} ${holds ? 'holds' : 'MISSED'}` }
}

/** The middle, with the lowest and the highest. */
export function spread(ratios) {
  return `${times(median(ratios))} (${times(Math.min(...ratios))}–${times(Math.max(...ratios))})`
}

/** The middle one; rounds are odd in number. */
export function median(numbers) {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1]
}

const times = (ratio) => `${ratio.toFixed(2)}×`
const load = () => loadavg()[0].toFixed(2)
