/** How many objects may lie in each other. Python's own limit is of this order. */
export const deepest = 1_000
