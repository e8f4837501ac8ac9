// `npm run bench -- import`: how long `import` of our package takes beside that of others. README.md says how to read it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { machine } from '../harness/report.mjs'

const rounds = 11
const ours = { name: 'valkey-cache', specifier: join(import.meta.dirname, '../../dist/index.js') }
const theirs = [
  { name: 'ioredis 6', specifier: 'ioredis-6', atMost: 0.8 },
  { name: '@redis/client', specifier: '@redis/client' },
]

/** @param programs of Node, to measure with each of them; the one that runs this when there are none */
export function playImports(programs) {
  console.log(machine())
  console.log(`${rounds} rounds, a process for each import; median (min–max) of the rounds`)
  const missed = (programs.length === 0 ? [process.execPath] : programs).flatMap(playProgram)
  for (const line of missed) console.log(`  missed: ${line}`)
  return missed.length > 0 ? 1 : 0
}

/** @returns the bounds that do not hold */
function playProgram(program) {
  const contestants = [ours, ...theirs]
  const times = contestants.map(() => [])
  for (let round = -1; round < rounds; round++)
    for (const [index, { specifier }] of contestants.entries()) {
      const time = importTime(program, specifier)
      if (round >= 0) times[index].push(time)
    }
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\nNode ${version}`.padEnd(26), 'import, ms'.padStart(18), '   ours is')
  for (const [index, { name }] of contestants.entries())
    console.log(
      `  ${name}`.padEnd(25),
      spread(times[index], 1).padStart(18),
      index === 0 ? '' : `   ${ratioText(times, index)}`,
    )
  return theirs.flatMap(({ name, atMost }, index) => {
    const ratio = median(ratios(times, index + 1))
    return ratio > (atMost ?? Infinity) ? [`Node ${version}: ${name} ${ratio.toFixed(2)}×, at most ${atMost}×`] : []
  })
}

/** In ms, in a process of its own; one round before the first is for the caches of the file system. */
function importTime(program, specifier) {
  const code = `const start = performance.now(); await import('${specifier}'); console.log(performance.now() - start)`
  const options = { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' }
  const { status, stdout, stderr } = spawnSync(program, ['--input-type=module', '--eval', code], options)
  if (status !== 0) throw new Error(`${program} cannot import ${specifier}: ${stderr}`)
  return Number(stdout)
}

const ratios = (times, index) => times[0].map((time, round) => time / times[index][round])

function ratioText(times, index) {
  const { atMost } = theirs[index - 1]
  const all = ratios(times, index)
  const verdict = atMost === undefined ? '' : `   ≤ ${atMost}× ${median(all) <= atMost ? 'holds' : 'MISSED'}`
  return `${spread(all, 2)}${verdict}`
}

function spread(numbers, digits) {
  const [middle, least, most] = [median(numbers), Math.min(...numbers), Math.max(...numbers)]
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}

/** The middle one; rounds are odd in number. */
const median = (numbers) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1]
