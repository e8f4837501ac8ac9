import type { Software } from '../look/info.js'

/** Something that is wrong with some versions of a server, and matters to who relies on replication and failovers. */
export interface KnownFault {
  readonly of: 'node' | 'sentinel'
  readonly name: Software['name']
  /** The first version that has it, and the first of that line that has it no more. */
  readonly since: string
  readonly fixed: string
  readonly what: string
  /** Where it is described. */
  readonly source: string
}

/** Those that a server of this version has. Pure. */
export function faultsOf(kind: KnownFault['of'], { name, version }: Software): readonly KnownFault[] {
  return knownFaults.filter(
    ({ of, name: whose, since, fixed }) =>
      of === kind && whose === name && !isBefore(version, since) && isBefore(version, fixed),
  )
}

/** The numbers of a version, such as `8.0.1`. Pure. */
export function versionOf(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10))
}

/** Whether a version is older than another one, as far as that one is given: `8.0.1` is not older than `8.0`. Pure. */
export function isBefore(version: string, other: string): boolean {
  const [one, two] = [versionOf(version), versionOf(other)]
  const at = two.findIndex((part, index) => part !== (one[index] ?? 0))
  return at !== -1 && (one[at] ?? 0) < (two[at] ?? 0)
}

const knownFaults: readonly KnownFault[] = [
  {
    of: 'sentinel',
    name: 'Valkey',
    since: '9.0.0',
    fixed: '9.0.1',
    what: 'a sentinel whose user has no right to +failover on the nodes cannot fail over',
    source: 'https://github.com/valkey-io/valkey/pull/2780',
  },
  {
    of: 'sentinel',
    name: 'Redis',
    since: '7.0.0',
    fixed: '7.0.8',
    what: 'a sentinel may tell the replica that it has just promoted to follow another server',
    source: 'https://github.com/redis/redis/issues/11639',
  },
  {
    of: 'node',
    name: 'Redis',
    since: '7.0.0',
    fixed: '7.0.5',
    what: 'a replica of a cluster may crash in a failover that was ordered',
    source: 'https://github.com/redis/redis/pull/11263',
  },
  {
    of: 'node',
    name: 'Redis',
    since: '7.2.0',
    fixed: '7.2.3',
    what: 'a replica leaks file descriptors, which keep the space of deleted files on disk',
    source: 'https://github.com/redis/redis/pull/12693',
  },
]
