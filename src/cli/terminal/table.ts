import { widthOf, type Paint } from './paint.js'

/** Rows under a heading, in columns that are as wide as their widest cell; those without any text are left out. Pure. */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): readonly string[] {
  const painted = heading.map((text) => paint('dim', text))
  const widthIn = (column: number): number => Math.max(...[painted, ...rows].map((row) => widthOf(row[column] ?? '')))
  const columns = [...heading.keys()].filter((column) => rows.some((row) => row[column]))
  const widths = new Map(columns.map((column) => [column, widthIn(column)]))
  return [painted, ...rows].map((row) =>
    columns
      .map((column) => padded(row[column] ?? '', widths.get(column) ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)))
}
