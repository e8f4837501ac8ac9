/**
 * The longest turn of this process's event loop from now until it is stopped, in ms of processor time: what others on the
 * machine do does not count.
 */
export function watchTurns(): () => number {
  let [before, longest] = [process.cpuUsage(), 0]
  let watching: NodeJS.Immediate
  const look = (): void => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1_000)
    before = process.cpuUsage()
    watching = setImmediate(look)
  }
  watching = setImmediate(look)
  return () => {
    clearImmediate(watching)
    return longest
  }
}
