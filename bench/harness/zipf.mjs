/**
 * Makes a function that gives indexes below `count` by Zipf's law with exponent 1: the first twice as often as the
 * second. They are drawn before the clock runs, and given again from the start when all have been.
 */
export function zipf(count) {
  const sums = sumsOf(count)
  const drawn = Uint16Array.from({ length: draws }, () => place(sums, Math.random() * sums.at(-1)))
  let at = 0
  return () => drawn[at++ % draws]
}

function sumsOf(count) {
  const sums = new Float64Array(count)
  let sum = 0
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 1)
  return sums
}

/** The first of which the sum is not below `wanted`. */
function place(sums, wanted) {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle] < wanted) low = middle + 1
    else high = middle
  }
  return low
}

const draws = 2 ** 18
