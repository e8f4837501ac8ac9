import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { eventually, startLab } from '../../src/lab/index.js'

const program = join(import.meta.dirname, '../../dist/cli/main.js')

/** Gives the program a terminal of 100 columns and 50 lines, and passes on what is typed and shown. */
const terminal = `
import fcntl, os, pty, select, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 100, 0, 0))
inputs = [0, fd]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if 0 in ready:
        typed = os.read(0, 1024)
        if typed: os.write(fd, typed)
        else: inputs.remove(0)
    if fd in ready:
        try: shown = os.read(fd, 65536)
        except OSError: break
        if not shown: break
        os.write(1, shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

/** A program that runs in a terminal. */
class Terminal {
  readonly #child: ChildProcess
  #shown = ''

  constructor(args: readonly string[]) {
    this.#child = spawn('python3', ['-c', terminal, process.execPath, program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.stdout!.on('data', (shown: Buffer) => (this.#shown += shown.toString()))
  }

  /** Everything that it has shown so far, control characters included. */
  get raw(): string {
    return this.#shown
  }

  /** What its latest screen shows. */
  get screen(): string {
    const [latest = ''] = this.#shown.split('\u001b[H').slice(-1)
    return stripVTControlCharacters(latest)
  }

  type(keys: string): void {
    this.#child.stdin!.write(keys)
  }

  async end(): Promise<unknown> {
    const [code] =
      this.#child.exitCode === null ? ((await once(this.#child, 'exit')) as [unknown]) : [this.#child.exitCode]
    return code
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

const open: Terminal[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.kill()
})

function start(args: readonly string[]): Terminal {
  const made = new Terminal(args)
  open.push(made)
  return made
}

const shows = (shown: Terminal, text: RegExp | string, timeout = 20_000): Promise<unknown> =>
  eventually(
    () => {
      if (!(typeof text === 'string' ? shown.screen.includes(text) : text.test(shown.screen)))
        throw new Error(`Not shown: ${text}\n${shown.screen}`)
    },
    { timeout },
  )

test('status --watch redraws one screen, shows what changes, and ends with q', async () => {
  await using lab = await startLab()
  const server = await lab.server()
  const shown = start(['status', '--watch', '--location', `valkey://${server.address}`])
  await shows(shown, /primary +up/)
  server.pause()
  await shows(shown, /silent/)
  expect(shown.raw).toContain('\u001b[?25l')
  shown.type('q')
  expect(await shown.end()).toBe(2)
  expect(shown.raw.endsWith('\u001b[?25h')).toBe(true)
})

test('lab breaks servers with keys, shows what the cache feels, and leaves nothing behind', async () => {
  const shown = start(['lab'])
  await shows(shown, /steady · primary/)
  await shows(shown, /writes +[1-9]\d*/)
  const primary = /primary (\S+) · epoch/.exec(shown.screen)?.[1]
  shown.type('o')
  await shows(shown, 'a failover was ordered')
  await shows(shown, /this cache went from/)
  expect(shown.screen).not.toContain(`primary ${primary} ·`)
  for (const [key, did] of [
    ['f', 'is frozen'],
    ['f', 'goes on'],
    ['k', 'is killed'],
    ['k', 'is started again'],
    ['p', 'is cut off'],
    ['p', 'is reached again'],
  ] as const) {
    shown.type(key)
    await shows(shown, did)
  }
  shown.type('\u0003')
  expect(await shown.end()).toBe(0)
})

test('lab moves slots of a cluster', async () => {
  const shown = start(['lab', '--cluster'])
  await shows(shown, /steady · 3 shards/)
  shown.type('r')
  await shows(shown, '200 slots were moved')
  shown.type('q')
  expect(await shown.end()).toBe(0)
})
