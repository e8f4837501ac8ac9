import { rewriteJson } from './json-text.js'
import { formatNumber } from './numbers.js'

/**
 * A JSON text as Python's json.dumps writes it: `, ` and `: ` between the parts, everything beyond ASCII escaped,
 * fractions as Python's repr. Sets compare their members by their bytes, so there they must be the same on both sides.
 * Source: django-valkey encode → DjangoJSONEncoder
 */
export function pythonJson(json: string): string {
  return rewriteJson(
    json,
    (part) => part.replace(tokens, rewrite),
    (string) => string.replace(beyondAscii, escape),
  )
}

function rewrite(token: string): string {
  return token === ',' || token === ':' ? `${token} ` : formatNumber(Number(token))
}

/** Each half of a surrogate pair on its own, as Python does. */
function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What stands between parts, and numbers; the rest of JSON is the same in Python. */
const tokens = /[,:]|-?\d[\d.eE+-]*/g
const beyondAscii = /[^ -~]/g
