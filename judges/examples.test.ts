import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { at, test } from '../test/support/caches.js'

/** What each example prints on an empty server. */
const outputs: Readonly<Record<string, string>> = {
  'better-auth.js': 'true\n',
  'cache-manager.js': "{ name: 'Ada' }\n{ name: 'Ada' }\n",
  'connect-redis.js': 'sess:7f3a\n',
  'fastify-session.js': '1 2\n',
  'keyv.js': "{ name: 'Ada' } undefined\n[ 'users:1' ]\n",
  'keyv6.js': "{ name: 'Ada' }\n[ 'users::1' ]\n",
  'rate-limit-redis.js': '1\n2\n3\n',
  'rate-limit.js': '200\n200\n429\n',
  'react-router.js': 'ada\n',
  'unstorage.js': "{ user: 'ada' }\n[ 'sessions:7f3a' ] [ '7f3a' ]\n",
}

test('every example has its output written down', () => {
  expect(readdirSync('examples/adapters').sort()).toEqual(Object.keys(outputs).sort())
})

test.for(Object.entries(outputs))(
  '%s runs as it stands, warns of nothing and ends by itself',
  async ([file, output], { server }) => {
    const args = ['--import', './judges/peers.mjs', `examples/adapters/${file}`]
    const env = { ...process.env, VALKEY_URL: at(server) }
    expect(await promisify(execFile)('node', args, { env })).toEqual({ stdout: output, stderr: '' })
  },
)

test('an Express application knows its visitors, from one command on', async () => {
  const url = await start('express')
  const first = await fetch(url)
  expect(await first.text()).toBe('You have been here 1 times.\n')
  const headers = { cookie: first.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  expect(await (await fetch(url, { headers })).text()).toBe('You have been here 2 times.\n')
  expect(await (await fetch(`${url}/logout`, { method: 'POST', headers })).text()).toBe('Goodbye.\n')
  expect(await (await fetch(url, { headers })).text()).toBe('You have been here 1 times.\n')
})

test('a Fastify application loads once for all who ask, from one command on', async () => {
  const url = `${await start('fastify')}/products/7`
  const asked = await Promise.all(Array.from({ length: 10 }, async () => (await fetch(url)).json()))
  expect(asked).toEqual(Array.from({ length: 10 }, () => ({ id: '7', name: 'Product 7', loads: 1 })))
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204)
  expect(await (await fetch(url)).json()).toMatchObject({ loads: 2 })
})

/** Starts an application; it is asked to end with the test, and must do so in order. */
async function start(name: string): Promise<string> {
  const child = spawn('node', ['scripts/app.mjs', name], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('http://')) return line
  throw new Error(`The application ${name} ended before it listened.`)
}
