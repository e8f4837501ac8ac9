/** Options without those that are `undefined`. */
export function defined<Options extends object>(options: {
  readonly [Name in keyof Options]: Options[Name] | undefined
}): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options
}
