import { emitKeypressEvents } from 'node:readline'
import type { Input, Output } from '../surroundings.js'
import { cut } from './paint.js'

/** A screen that is drawn again and again in the same place. Where there is no terminal, each is written behind the last. */
export class LiveScreen {
  readonly #output: Output
  #open = false

  constructor(output: Output) {
    this.#output = output
  }

  draw(lines: readonly string[]): void {
    if (this.#output.isTTY !== true) return void this.#output.write(`${lines.join('\n')}\n`)
    const { rows = lines.length + 1, columns = Infinity } = this.#output
    const shown = fitted(lines, rows - 1).map((line) => cut(line, columns))
    const begin = this.#open ? home : hideCursor + clear
    this.#open = true
    this.#output.write(`${begin}${shown.map((line) => `${line}${toEndOfLine}\n`).join('')}${toEndOfScreen}`)
  }

  /** Shows the cursor again; what was drawn last stays. */
  end(): void {
    if (this.#open) this.#output.write(showCursor)
    this.#open = false
  }
}

/** As many lines as there is room for, the last of which says how many more there are. */
function fitted(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines
  const shown = lines.slice(0, room - 1)
  return [...shown, `… ${lines.length - shown.length} more lines; this window is too small`]
}

/** Calls the listener with each key that is pressed, ^C as `stop`; returns the function that gives the keyboard back. */
export function onKeys(input: Input, listener: (key: string) => void): () => void {
  if (input.isTTY !== true || input.setRawMode === undefined) return () => {}
  emitKeypressEvents(input)
  const hear = (text: string | undefined, key: { readonly name?: string; readonly ctrl?: boolean }): void =>
    listener(key.ctrl === true && key.name === 'c' ? 'stop' : (text ?? ''))
  input.on('keypress', hear)
  input.setRawMode(true)
  input.resume()
  return () => {
    input.off('keypress', hear)
    input.setRawMode?.(false)
    input.pause()
  }
}

const home = '\u001b[H'
const clear = '\u001b[2J\u001b[H'
const toEndOfLine = '\u001b[K'
const toEndOfScreen = '\u001b[J'
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
