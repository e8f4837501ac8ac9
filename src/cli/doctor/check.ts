import type { ResolvedCache } from '../../config/resolve.js'
import type { ResolvedRemote } from '../../config/resolve-remote.js'
import type { Address } from '../../connection/connection.js'
import type { ExitCode } from '../exit-code.js'
import type { Facts, NodeFacts } from '../look/facts.js'

/** What all checks judge: what one look found, and what the cache is configured to do. */
export interface Evidence {
  readonly facts: Facts
  readonly cache: ResolvedCache
  readonly remote: ResolvedRemote
}

/** Something that is wrong, or may become so. */
export interface Problem {
  /** `'fail'`: calls fail because of it, or will in a failover; `'warn'`: something is lost or slow in some cases. */
  readonly level: 'warn' | 'fail'
  /** The server that it is about. @default none in particular */
  readonly subject?: Address
  readonly message: string
  /** What to do about it. */
  readonly advice: string
}

/** One thing that the doctor looks at. Checks are pure: they ask nobody. */
export interface Check {
  readonly name: string
  /** What to say where it finds nothing wrong; `undefined` where it does not apply. */
  fine(evidence: Evidence): string | undefined
  problems(evidence: Evidence): readonly Problem[]
}

/** What one check found. */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | Problem['level']
  /** The servers that it is about; none: no server in particular. */
  readonly subjects: readonly Address[]
  readonly message: string
  readonly advice?: string | undefined
}

/** What is wrong with a server that is of no use, in the words of who tried. */
export function uselessness(what: string, { state, problem }: Pick<NodeFacts, 'state' | 'problem'>): string {
  return `the ${what} ${state === 'unusable' ? 'cannot be used' : 'does not answer'}: ${problem}`
}

/** What to say of servers that are well; nothing where none has told anything. */
export function ofTold({ nodes }: Facts, fine: string): string | undefined {
  return nodes.some(({ told }) => told?.info !== undefined) ? fine : undefined
}

/** What all checks find, in their order; what is wrong with several servers in the same way is one finding. Pure. */
export function examine(checks: readonly Check[], evidence: Evidence): readonly Finding[] {
  return checks.flatMap((check): readonly Finding[] => {
    const fine = check.fine(evidence)
    if (fine === undefined) return []
    const problems = check.problems(evidence)
    return problems.length === 0
      ? [{ check: check.name, level: 'ok', subjects: [], message: fine }]
      : together(check.name, problems)
  })
}

function together(check: string, problems: readonly Problem[]): readonly Finding[] {
  const findings = new Map<string, Finding>()
  for (const { level, subject, message, advice } of problems) {
    const key = `${level} ${message} ${advice}`
    const subjects = [...(findings.get(key)?.subjects ?? []), ...(subject === undefined ? [] : [subject])]
    findings.set(key, { check, level, subjects, message, advice })
  }
  return [...findings.values()]
}

/** 2: nothing answered · 1: a failure, or with `strict` a warning. */
export function verdictOf(findings: readonly Finding[], { nodes, sentinels }: Facts, strict: boolean): ExitCode {
  if (![...nodes, ...sentinels].some(({ state }) => state === 'up')) return 2
  return findings.some(({ level }) => level === 'fail' || (strict && level === 'warn')) ? 1 : 0
}
