/**
 * By how much the processor time of some work grows when its input is eight times as long: by about 8 where it is
 * proportional to the length, by about 64 where it is proportional to its square. The least of twenty rounds counts:
 * the first ones run code that is not compiled yet, and many collect garbage.
 */
export function cpuGrowth(length: number, work: (length: number) => void): number {
  const rounds = Array.from(
    { length: 20 },
    () => [cpuTime(() => work(length)), cpuTime(() => work(8 * length))] as const,
  )
  const least = (index: 0 | 1): number => Math.min(...rounds.map((round) => round[index]))
  return least(1) / least(0)
}

/** The processor time of this process while the work runs, in microseconds. */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
