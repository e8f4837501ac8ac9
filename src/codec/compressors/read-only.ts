/** Not met in a cache: its options are refused before. */
export function readOnly(name: string): Error {
  return new Error(`'${name}' is for reading only.`)
}
