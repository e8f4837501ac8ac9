/**
 * Picks the modules whose declarations can stand in one file, where nothing is imported that stands beside it: those that
 * need no other package, name everything as it is named where it is declared, and share no name with another one.
 */
export function jointModules(reached, modules) {
  const [taken, foreign] = [new Set(), new Set()]
  return modules.filter((module) => {
    const { declared, elsewhere, isPlain } = namesOf(reached, module)
    if (!isPlain || declared.some((name) => taken.has(name) || foreign.has(name))) return false
    if (elsewhere.some((name) => taken.has(name))) return false
    for (const name of declared) taken.add(name)
    for (const name of elsewhere) foreign.add(name)
    return true
  })
}

/**
 * @returns `declared`: what the module declares; `elsewhere`: what it knows without our declarations, such as globals, and
 *   the names of members, for they cannot be told apart; `isPlain`: whether it imports by the names of origin, of us alone
 */
function namesOf(reached, module) {
  const kept = [...module.kept]
  const origins = new Map(kept.flatMap(({ uses }) => [...uses]).map((name) => [name, reached.originOf(module, name)]))
  const known = [...origins].filter(([, origin]) => origin !== undefined)
  return {
    declared: kept.flatMap(({ names }) => names),
    elsewhere: [...origins.keys()].filter((name) => origins.get(name) === undefined),
    isPlain: known.every(([name, { from, name: there }]) => from === undefined && name === there),
  }
}
