import { pythonJson } from '../python-json.js'
import type { TextSerializer } from '../serializer.js'
import { toText } from '../value.js'
import { refuseLostContent } from './lost-content.js'
import { parseJson } from './parse-json.js'

/** JSON by its own rules: a Date becomes its ISO text, NaN becomes null, undefined fields are left out. */
export const jsonSerializer: TextSerializer = {
  name: 'json',
  serialize: (value) => {
    const text = writeJson(value)
    if (text.includes('{}')) refuseLostContent(value, 'json', 'lost')
    return text
  },
  deserialize: (stored, maxValues) => parseJson(toText(stored), maxValues),
  givesTrees: true,
  asMember: pythonJson,
}

/** @throws {TypeError} for a cycle, a bigint inside, or a `toJSON` that says there is nothing */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError('toJSON returned what is no value.')
  return text
}
