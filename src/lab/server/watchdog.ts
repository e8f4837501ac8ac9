import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * A shell that outlives us for a moment: when our end of its pipe closes, however that comes about, it kills the
 * processes that it knows by then and removes the lab's folder.
 * A process that ended is forgotten, so that its id is never hit once it belongs to somebody else.
 */
export class Watchdog {
  readonly #shell: ChildProcess
  readonly #pipe: Socket

  constructor(folder: string) {
    this.#shell = spawn('/bin/sh', ['-c', script, 'valkey-cache-lab', folder], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#pipe = this.#shell.stdin as Socket
    this.#pipe.on('error', () => {})
    this.#shell.on('error', () => {})
    // Bun's pipe is no socket and keeps no process alive.
    if ('unref' in this.#pipe) this.#pipe.unref()
    this.#shell.unref()
  }

  get stopped(): boolean {
    return this.#pipe.writableEnded
  }

  add(pid: number): void {
    this.#pipe.write(`add ${pid}\n`)
  }

  forget(pid: number): void {
    if (this.#pipe.writable) this.#pipe.write(`forget ${pid}\n`)
  }

  /** Lets it do its work now. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell
    this.#pipe.end()
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    this.#shell.ref()
    await once(this.#shell, 'exit')
  }
}

const script = `
trap '' INT TERM HUP
pids=' '
while read -r what pid; do
  case $what in
    add) pids="$pids$pid " ;;
    forget) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`
