import { expect, onTestFinished } from 'vitest'
import type { CallOptions, Client } from '../../src/clients/client.js'
import { Subscriptions, type ChannelListener, type Subscription } from '../../src/clients/subscriptions.js'
import { Wake } from '../../src/cache/fleet/wake.js'
import type { Lease } from '../../src/connection/pool.js'
import type { RespConnection } from '../../src/connection/resp/connection.js'
import { lossOf, test as base } from '../support/connection.js'

const test = base.extend('subscriptions', async ({ connection }, { onCleanup }) => {
  const subscriptions = over(connection)
  onCleanup(() => subscriptions.end(new Error('the test is over')))
  return subscriptions
})

function over(connection: RespConnection): Subscriptions {
  const lease = { connection, release: (): void => connection.destroy() }
  return new Subscriptions({ open: async () => lease, confirmTime: 10_000 })
}

test('a subscription whose connection is lost before it was asked for is not confirmed', async ({
  connection,
  subscriptions,
}) => {
  await subscriptions.subscribe('a', () => {})
  const heard: unknown[] = []
  const begun = subscriptions.subscribe('b', (message) => void heard.push(message))
  connection.destroy()
  await expect(begun).rejects.toMatchObject({ code: 'E_INTERRUPTED', sent: false })
  expect(heard).toStrictEqual([undefined])
})

test('who waits knows that nothing will be heard when the connection is lost just after the confirmation', async ({
  connection,
  subscriptions,
}) => {
  const lost = lossOf(connection)
  const subscribe = async (name: string, listener: ChannelListener, options?: CallOptions): Promise<Subscription> => {
    const subscription = await subscriptions.subscribe(name, listener, options?.signal)
    connection.destroy()
    await lost
    return subscription
  }
  const client: Pick<Client, 'subscribe'> = { subscribe }
  const wake = new Wake({ client, channel: 'a', refused: () => {} })
  await wake.listen(new AbortController().signal)
  expect(wake.listens).toBe(false)
})

test('when its connection was given up, the next subscription opens another', async ({ server, connect }) => {
  const opened: RespConnection[] = []
  const open = async (): Promise<Lease> => {
    const connection = await connect(server)
    opened.push(connection)
    return { connection, release: () => connection.destroy() }
  }
  const subscriptions = new Subscriptions({ open, confirmTime: 1_000, idleTime: 0 })
  onTestFinished(() => subscriptions.end(new Error('the test is over')))
  const first = await subscriptions.subscribe('a', () => {})
  first.close()
  await lossOf(opened[0]!)
  await subscriptions.subscribe('a', () => {})
  expect(opened).toHaveLength(2)
  server.pause()
  await expect(subscriptions.subscribe('b', () => {})).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  server.resume()
  await subscriptions.subscribe('b', () => {})
  expect(opened).toHaveLength(3)
})
