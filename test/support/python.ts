import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test as base } from './caches.js'

/**
 * Runs Python code beside the server of the file; `test/interop/python/scope.py` says what it sees.
 * Shape: gives the repr of its last expression; rejects with what it raised.
 */
export type Python = (code: string) => Promise<string>

interface Answer {
  readonly value?: string
  readonly error?: string
}

/** Tests with a real server, caches on it, and a Python that uses it too. */
export const test = base.extend('python', { scope: 'file' }, async ({ plain }, { onCleanup }) => {
  const { python, stop } = await startPython(plain.address)
  onCleanup(stop)
  return python
})

async function startPython(address: string): Promise<{ readonly python: Python; readonly stop: () => Promise<void> }> {
  const script = new URL('../../scripts/support/python.mjs', import.meta.url).href
  const { python: program, pythonFlags } = (await import(script)) as { python: string; pythonFlags: string[] }
  const args = [...pythonFlags, 'test/interop/python/main.py', address]
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: ((answer: Answer) => void)[] = []
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Answer))
  child.once('exit', () => waiting.forEach((answer) => answer({ error: 'Python has ended' })))
  const python: Python = (code) =>
    new Promise((resolve, reject) => {
      waiting.push(({ value, error }) => (value === undefined ? reject(new Error(error)) : resolve(value)))
      child.stdin.write(`${JSON.stringify({ code })}\n`)
    })
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await once(child, 'exit')
  }
  return { python, stop }
}
