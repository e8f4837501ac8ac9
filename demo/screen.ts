/** One line that is written over, and lines that stay. Off a terminal only the lines that stay are printed. */
export class Screen {
  readonly #live = process.stdout.isTTY

  update(line: string): void {
    if (this.#live) process.stdout.write(`\r\u001b[2K${line.slice(0, process.stdout.columns - 1)}`)
  }

  say(line: string): void {
    if (this.#live) process.stdout.write('\r\u001b[2K')
    console.log(line)
  }

  table(rows: readonly (readonly [name: string, value: string, note?: string])[]): void {
    const width = Math.max(...rows.map(([name]) => name.length))
    const valueWidth = Math.max(...rows.map(([, value]) => value.length))
    for (const [name, value, note = ''] of rows)
      this.say(`  ${name.padEnd(width)}  ${value.padStart(valueWidth)}  ${note}`.trimEnd())
  }
}

export function ms(value: number): string {
  return `${Math.round(value)} ms`
}
