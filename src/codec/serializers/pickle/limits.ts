/** How many objects may lie in each other. Python's own limit is of this order. */
export const deepest = 1_000

/** How many objects one pickle may make; each may take two hundred times the memory of the byte that asks for it. */
export const mostObjects: number = 2 ** 22

/** How many digits a whole number may have as text. Python has the same limit. */
export const mostDigits = 4_300
