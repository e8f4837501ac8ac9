import { widthOf, type Paint } from './paint.js'

/** Rows under a heading, in columns that are as wide as their widest cell. Pure. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): readonly string[] {
  const painted = heading.map((text) => paint('dim', text))
  const widths = heading.map((_, column) => Math.max(...[painted, ...rows].map((row) => widthOf(row[column] ?? ''))))
  return [painted, ...rows].map((row) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
}
