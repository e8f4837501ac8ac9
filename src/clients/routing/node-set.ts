import { Alarm, loopClock } from '../../connection/deadlines.js'
import { addressOf, type Address, type NodeTarget, type Push, type Role } from '../../connection/connection.js'
import type { Beat } from '../../connection/heartbeat.js'
import type { Node, NodeSource } from '../../connection/node.js'
import type { Loan } from '../../connection/registry.js'
import { ConnectionError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { Candidates } from './choose.js'

/** What happens to the nodes of a set. */
export interface NodeSetListener {
  /** The node's state changed, or another try to connect failed. */
  changed(node: Node): void
  beat(node: Node, beat: Beat): void
  push(push: Push, node: Node, generation: number): void
  /** A connection to the node is gone; `Infinity`: all are, for it is not used any more. */
  lost(node: Node, generation: number): void
}

interface Member {
  readonly loan: Loan<Node>
  readonly unsubscribe: readonly (() => void)[]
}

/** The nodes that a router uses, by role: borrowed when they gain the role, dropped with their sockets when they lose it. */
export class NodeSet {
  readonly #source: NodeSource
  readonly #listener: NodeSetListener
  readonly #members: Record<Role, Map<Address, Member>> = { primary: new Map(), replica: new Map() }
  /** Those that lost the role and still answer what they were sent before. */
  readonly #retiring = new Map<Loan<Node>, Alarm>()
  /** The same nodes, in arrays that the hot path reads. */
  #nodes: Candidates = { primary: [], replica: [] }

  constructor(source: NodeSource, listener: NodeSetListener) {
    this.#source = source
    this.#listener = listener
  }

  /** Whatever their state. */
  get nodes(): Candidates {
    return this.#nodes
  }

  /** Those of both roles. */
  get all(): readonly Node[] {
    return [...this.#nodes.primary, ...this.#nodes.replica]
  }

  get loans(): readonly Loan<unknown>[] {
    const members = [...this.#members.primary.values(), ...this.#members.replica.values()]
    return [...members.map(({ loan }) => loan), ...this.#retiring.keys()]
  }

  /**
   * From now on these have the role, and no others; new ones are connected.
   * @param retireAfter how long others that are up have for what they were sent before, in ms on the loop clock
   */
  assign(role: Role, targets: readonly NodeTarget[], retireAfter: Milliseconds = 0): void {
    const members = this.#members[role]
    const wanted = new Map(targets.map((target) => [addressOf(target), target]))
    for (const [address, member] of members) if (!wanted.has(address)) this.#drop(role, address, member, retireAfter)
    for (const [address, target] of wanted) if (!members.has(address)) members.set(address, this.#borrow(role, target))
    this.#nodes = { ...this.#nodes, [role]: [...members.values()].map(({ loan }) => loan.value) }
    for (const node of this.#nodes[role]) node.keepUp()
  }

  /** Hears nothing of the nodes any more: others may go on using them. */
  leave(): void {
    for (const alarm of this.#retiring.values()) alarm.clear()
    for (const members of [this.#members.primary, this.#members.replica])
      for (const { unsubscribe } of members.values()) for (const stop of unsubscribe) stop()
  }

  #borrow(role: Role, target: NodeTarget): Member {
    const loan = this.#source({ ...target, role })
    const node = loan.value
    const unsubscribe = [
      node.onChange(() => this.#listener.changed(node)),
      node.onBeat((beat) => this.#listener.beat(node, beat)),
      node.pool.onPush((push, generation) => this.#listener.push(push, node, generation)),
      node.pool.onLost((_, generation) => this.#listener.lost(node, generation)),
    ]
    return { loan, unsubscribe }
  }

  #drop(role: Role, address: Address, { loan, unsubscribe }: Member, retireAfter: Milliseconds): void {
    this.#members[role].delete(address)
    for (const stop of unsubscribe) stop()
    const problem = role === 'primary' ? 'is no longer the primary' : 'is no longer a replica'
    const end = (): void => {
      this.#retiring.delete(loan)
      void loan.release(new ConnectionError(address, problem))
    }
    if (retireAfter > 0 && loan.value.state === 'up') {
      const alarm = new Alarm(end)
      this.#retiring.set(loan, alarm)
      alarm.set(loopClock.now() + retireAfter)
    } else end()
    this.#listener.lost(loan.value, Infinity)
  }
}
