import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { eventually, startLab } from '../../src/lab/index.js'

const program = join(import.meta.dirname, '../../dist/cli/main.js')

/**
 * Gives the program a terminal of 100 columns and 50 lines, and passes on what is typed and shown. When nothing more can
 * be typed the terminal is closed. Exits as the program does, with 128 and more for a signal, or with 99 when the
 * terminal is not left as it was.
 */
const terminal = `
import fcntl, os, pty, select, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
before = termios.tcgetattr(fd)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 100, 0, 0))
changed = False
while True:
    ready, _, _ = select.select([0, fd], [], [])
    if 0 in ready:
        typed = os.read(0, 1024)
        if not typed:
            os.close(fd)
            break
        os.write(fd, typed)
    if fd in ready:
        try: shown = os.read(fd, 65536)
        except OSError: shown = b''
        if not shown:
            changed = termios.tcgetattr(fd) != before
            break
        os.write(1, shown)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(99 if changed else code if code >= 0 else 128 - code)
`

/** A program that runs in a terminal. */
class Terminal {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #shown = ''

  constructor(args: readonly string[]) {
    this.#child = spawn('python3', ['-c', terminal, process.execPath, program, ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#closed = once(this.#child, 'close')
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

  /** Closes the terminal. */
  hangUp(): void {
    this.#child.stdin!.end()
  }

  /** Resolves with the exit code when all that it has shown is there. */
  async end(): Promise<unknown> {
    await this.#closed
    return this.#child.exitCode
  }

  /** The processes of the servers that the program has started and that still run. */
  async servers(): Promise<readonly number[]> {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,comm='])
    const all = stdout.split('\n').map((line) => line.trim().split(/\s+/))
    const ours = all.filter(([, parent]) => parent === String(this.#child.pid)).map(([pid]) => pid)
    const servers = all.filter(([, parent, name]) => ours.includes(parent) && /valkey|redis/.test(name ?? ''))
    return servers.map(([pid]) => Number(pid))
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
  const servers = await shown.servers()
  expect(servers).toHaveLength(6)
  shown.type('\u0003')
  expect(await shown.end()).toBe(0)
  for (const pid of servers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('status --watch --json writes a line for each look', async () => {
  await using lab = await startLab()
  const server = await lab.server()
  const shown = start(['status', '--watch', '--json', '--location', `valkey://${server.address}`])
  await eventually(() => shown.raw.split('\n').length > 2)
  shown.type('q')
  expect(await shown.end()).toBe(0)
  for (const line of shown.raw.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ cache: 'default' })
})

test('status --watch ends by the signal when its terminal is closed', async () => {
  await using lab = await startLab()
  const server = await lab.server()
  const shown = start(['status', '--watch', '--location', `valkey://${server.address}`])
  await shows(shown, 'q quits')
  shown.hangUp()
  expect(await shown.end()).toBe(128 + constants.signals.SIGHUP)
})

test('lab moves slots of a cluster, and leaves nothing behind when its terminal is closed', async () => {
  const shown = start(['lab', '--cluster'])
  await shows(shown, /steady · 3 shards/)
  shown.type('r')
  await shows(shown, '200 slots were moved')
  const servers = await shown.servers()
  expect(servers).toHaveLength(6)
  shown.hangUp()
  expect(await shown.end()).toBe(128 + constants.signals.SIGHUP)
  for (const pid of servers) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})
