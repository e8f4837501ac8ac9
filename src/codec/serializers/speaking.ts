/** An object that says itself what is to be stored of it, as JSON.stringify has it. */
export interface Speaking {
  toJSON(key: string): unknown
}

export function speaks(value: object): value is Speaking {
  return 'toJSON' in value && typeof value.toJSON === 'function'
}
