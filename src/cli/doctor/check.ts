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

/**
 * What all checks find, in their order. What is wrong with several servers, or shards, in the same way is one finding, and
 * what is wrong with one shard is not fine because it is with another. Pure.
 */
export function examine(checks: readonly Check[], evidence: readonly Evidence[]): readonly Finding[] {
  return checks.flatMap((check) => together(evidence.flatMap((part) => findingsOf(check, part))))
}

function findingsOf(check: Check, evidence: Evidence): readonly Finding[] {
  const fine = check.fine(evidence)
  if (fine === undefined) return []
  const found = check.problems(evidence).map(({ subject, ...problem }) => ({
    check: check.name,
    ...problem,
    subjects: subject === undefined ? [] : [subject],
  }))
  return found.length > 0 ? found : [{ check: check.name, level: 'ok', subjects: [], message: fine }]
}

function together(findings: readonly Finding[]): readonly Finding[] {
  const alike = new Map<string, Finding>()
  const wrong = findings.filter(({ level }) => level !== 'ok')
  for (const finding of wrong.length > 0 ? wrong : findings) {
    const key = `${finding.level} ${finding.message} ${finding.advice}`
    const subjects = new Set([...(alike.get(key)?.subjects ?? []), ...finding.subjects])
    alike.set(key, { ...finding, subjects: [...subjects] })
  }
  return [...alike.values()]
}

/** 2: nothing answered · 1: a failure, or with `strict` a warning. */
export function verdictOf(findings: readonly Finding[], facts: readonly Facts[], strict: boolean): ExitCode {
  const servers = facts.flatMap(({ nodes, sentinels }) => [...nodes, ...sentinels])
  if (!servers.some(({ state }) => state === 'up')) return 2
  return findings.some(({ level }) => level === 'fail' || (strict && level === 'warn')) ? 1 : 0
}
