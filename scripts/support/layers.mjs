import { builtinModules } from 'node:module'
import { eachMatch } from './source-files.mjs'

/** From the ground up: a layer imports itself and what stands before it. Layers of one line may not import each other. */
const order = [
  ['builtins', 'errors', 'promises'],
  ['units'],
  ['telemetry'],
  ['connection'],
  ['topology'],
  ['clients'],
  ['near'],
  ['cache'],
  ['config'],
  ['index'],
  ['adapters', 'cli', 'dashboard', 'export', 'testing'],
]

/** Layers beside the order: what they may import. Everybody may import leaves, and the command line alone the lab. */
const beside = {
  keys: ['errors', 'units'],
  codec: ['builtins', 'errors', 'promises', 'units'],
  lab: ['errors', 'keys', 'units', 'connection'],
}
const leaves = ['keys', 'codec']

/** Words and calls that have one place. */
const reserved = [
  {
    what: 'the clock is read in units.ts only (take a Clock)',
    pattern: /\bperformance\s*\.\s*now\b|\bDate\s*\.\s*now\b|\bhrtime\b|\bnew Date\(\)/g,
    allowed: /^(units\.ts|lab\/)/,
  },
  {
    what: 'processes are started in lab/ only',
    pattern: /'(?:node:)?child_process'/g,
    allowed: /^lab\//,
  },
  {
    what: "the old words live in wire parsers and the Django reader only (say 'primary', 'replica')",
    pattern:
      /(?<![A-Za-z_])(?:[Mm]aster|[Ss]lave|MASTER|SLAVE)s?(?![A-Za-z])|(?<=[a-z])(?:Master|Slave)s?(?![a-z])|(?<![A-Za-z_])(?:[Mm]aster|[Ss]lave)(?=[A-Z])|\bBACKEND\b/g,
    allowed:
      /^(config\/django\/|topology\/sentinel\/|topology\/cluster\/replies\.ts|connection\/resp\/|cli\/look\/info\.ts|lab\/)/,
    comments: true,
  },
]

/** What is wrong with the imports and the words of these files: `{ path, line, problem }`, in their order. */
export function layerProblems(files, dependencies) {
  const problems = files.flatMap((file) => [
    ...file.imports.flatMap((imported) => importProblem(file, imported, files, dependencies)),
    ...reserved.flatMap((rule) => reservedProblems(file, rule)),
  ])
  return [...problems, ...cycles(files)]
}

function importProblem({ path }, { local, target, line }, files, dependencies) {
  const problem = local ? localProblem(path, target, files) : packageProblem(target, dependencies)
  return problem ? [{ path, line, problem }] : []
}

function localProblem(path, target, files) {
  if (!files.some((file) => file.path === target)) return `imports ${target}, which is not there`
  const [from, to] = [layerOf(path), layerOf(target)]
  for (const layer of [from, to])
    if (levelOf(layer) < 0 && !beside[layer]) return `${layer} is no known layer (scripts/support/layers.mjs)`
  return mayImport(from, to) ? undefined : `${from} may not import ${to} (${target})`
}

function mayImport(from, to) {
  if (from === to) return true
  if (beside[from]) return beside[from].includes(to)
  if (leaves.includes(to)) return levelOf(from) > levelOf('units')
  if (to === 'lab') return from === 'cli'
  return levelOf(to) >= 0 && levelOf(to) < levelOf(from)
}

function packageProblem(specifier, dependencies) {
  if (specifier.startsWith('node:')) return undefined
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  if (builtinModules.includes(name)) return `say node:${specifier}`
  return dependencies.includes(name) ? undefined : `${name} is not a dependency in package.json`
}

function reservedProblems({ path, text, code }, { what, pattern, allowed, comments }) {
  const problems = []
  if (!allowed.test(path))
    eachMatch(comments ? text : code, pattern, ([word], line) =>
      problems.push({ path, line, problem: `${word.trim()}: ${what}` }),
    )
  return problems
}

/** Each cycle once, where it closes. */
function cycles(files) {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const problems = []
  const done = new Set()
  const visit = (path, trail) => {
    for (const { local, target, line } of byPath.get(path)?.imports ?? []) {
      if (!local || done.has(target)) continue
      const start = trail.indexOf(target)
      if (start < 0) visit(target, [...trail, target])
      else problems.push({ path, line, problem: `closes a cycle: ${[...trail.slice(start), target].join(' → ')}` })
    }
    done.add(path)
  }
  for (const { path } of files) if (!done.has(path)) visit(path, [path])
  return problems
}

const layerOf = (path) => path.split('/')[0].replace(/\.ts$/, '')
const levelOf = (layer) => order.findIndex((layers) => layers.includes(layer))
