import { expect, test } from 'vitest'
import { DropWatch } from '../../src/clients/routing/drop-watch.js'
import type { Node } from '../../src/connection/node.js'
import { nodeDown, takeDown } from '../support/nodes.js'

/** The connection that asks for ROLE, and the one that is to carry writes. */
const watched = (): { readonly probe: Node; readonly heir: Node; readonly drop: DropWatch } => {
  const [probe, heir] = [nodeDown(1, 'replica'), nodeDown(1, 'primary')]
  return { probe, heir, drop: new DropWatch(probe, heir) }
}

test('the loss of a connection on which the server was a replica and then primary is the drop', async () => {
  const { probe, drop } = watched()
  drop.hear('replica')
  drop.hear('primary')
  takeDown(probe)
  await drop.seen(never)
})

test('the loss of the connection that was made to the new primary is the drop', async () => {
  const { heir, drop } = watched()
  takeDown(heir)
  await drop.seen(never)
})

test('the loss of one that was only there before, or only after, the promotion says nothing', async () => {
  const { probe, drop } = watched()
  drop.hear('replica')
  takeDown(probe)
  drop.hear('primary')
  takeDown(probe)
  expect(await seen(drop)).toBe(false)
})

test('stopped, it hears of nothing', async () => {
  const { heir, drop } = watched()
  drop.stop()
  takeDown(heir)
  expect(await seen(drop)).toBe(false)
})

/** Whether the drop was seen already. */
function seen(drop: DropWatch): Promise<boolean> {
  const over = new AbortController()
  setImmediate(() => over.abort())
  return drop.seen(over.signal).then(
    () => true,
    () => false,
  )
}

const never = new AbortController().signal
