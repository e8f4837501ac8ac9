import { expect, test, vi } from 'vitest'
import { NodeSet } from '../../src/clients/routing/node-set.js'
import { nodeUp, takeDown } from '../support/nodes.js'

test('a router that has left hears nothing of nodes that others go on using', async () => {
  const node = await nodeUp(1, 'primary')
  const changed = vi.fn<() => void>()
  const nodes = new NodeSet(() => ({ value: node, release: async () => {} }), {
    changed,
    beat: () => {},
    push: () => {},
    lost: () => {},
  })
  nodes.assign('primary', [{ host: 'primary', port: 1 }])
  nodes.leave()
  takeDown(node)
  expect(node.state).toBe('down')
  expect(changed).not.toHaveBeenCalled()
})
