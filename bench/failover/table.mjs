/** One Markdown table of all contests. */
export function table(contests) {
  const columns = [
    'fault',
    'client',
    'longest write gap',
    'longest read gap',
    'acknowledged writes lost',
    'errors',
    'never settled',
  ]
  const rows = contests.flatMap(({ outcomes, ...rest }) =>
    outcomes.map((outcome, index) => [index === 0 ? faultCell(rest) : '', ...outcomeCells(outcome)]),
  )
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function faultCell({ fault, namedAfter, epoch }) {
  const failovers = epoch > 1 ? `, ${epoch} failovers` : ''
  const named = namedAfter === undefined ? '' : `; new primary named after ${seconds(namedAfter)}${failovers}`
  return `${fault.title} (D = ${fault.downAfter}${named})`
}

function outcomeCells({ name, problem, writes, reads, acknowledged, lost, uncaught }) {
  if (problem) return [name, problem, '', '', '', '']
  const [failed, issued, unsettled] = ['failed', 'issued', 'unsettled'].map((count) => writes[count] + reads[count])
  const thrown = uncaught > 0 ? `, ${figure(uncaught)} uncaught` : ''
  return [
    name,
    gap(writes),
    gap(reads),
    `${lost === undefined ? 'nobody to ask' : figure(lost)} of ${figure(acknowledged.length)}`,
    `${figure(failed)} of ${figure(issued)}${thrown}`,
    figure(unsettled),
  ]
}

const gap = ({ gap: length, isOver }) => `${isOver ? '' : '> '}${seconds(length)}`
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`
const figure = (count) => count.toLocaleString('en')
