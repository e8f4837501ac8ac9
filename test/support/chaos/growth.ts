/** By how much the last third of the samples is above the first third, on average. Pure. */
export function growth(samples: readonly number[]): number {
  const third = Math.max(1, Math.floor(samples.length / 3))
  return average(samples.slice(-third)) - average(samples.slice(0, third))
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length)
}
