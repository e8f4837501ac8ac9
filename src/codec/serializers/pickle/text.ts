import { refuse } from './refuse.js'

/**
 * Python's UTF-8 with `surrogatepass`: a surrogate without its other half is written as if it were a character.
 * @throws {CodecError} E_CODEC for anything else that is not UTF-8
 */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\ufffd') ? readCarefully(bytes.subarray(start, end)) : text
}

/** As {@link readUtf8} takes it. */
export function writeUtf8(text: string): Buffer {
  if (!loneSurrogate.test(text)) return Buffer.from(text)
  return Buffer.concat(
    text.split(loneSurrogate).map((part) => (loneSurrogate.test(part) ? surrogateBytes(part) : Buffer.from(part))),
  )
}

/** Whether it is one byte a character. For the short texts that most are, a loop beats a call into native code. */
export function isShortAscii(text: string): boolean {
  if (text.length > 40) return false
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

/**
 * Python's raw-unicode-escape, as the protocol 0 has text: latin1, and `\uXXXX` or `\UXXXXXXXX` for the rest.
 * @throws {CodecError} E_CODEC for any other use of a backslash
 */
export function readEscaped(line: string): string {
  return line.replaceAll(/\\(?:u([\da-fA-F]{4})|U00([\da-fA-F]{6}))?/g, (_, short?: string, long?: string) => {
    const code = Number.parseInt(short ?? long ?? 'none', 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : refuse('its text has an escape that is none of Python’s')
  })
}

function readCarefully(bytes: Buffer): string {
  let text = ''
  let start = 0
  for (let at = bytes.indexOf(surrogateLead); at !== -1; at = bytes.indexOf(surrogateLead, at + 1)) {
    const [second = 0, third = 0] = [bytes[at + 1], bytes[at + 2]]
    if (second < 0xa0 || second > 0xbf || third >> 6 !== 0b10) continue
    if (start < at) text += readStrictly(bytes.subarray(start, at))
    text += String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f))
    start = at + 3
  }
  return text + readStrictly(bytes.subarray(start))
}

function readStrictly(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : refuse('its text is not UTF-8')
}

function surrogateBytes(surrogate: string): Buffer {
  const code = surrogate.charCodeAt(0)
  return Buffer.from([surrogateLead, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)])
}

const surrogateLead = 0xed
const loneSurrogate = /(\p{Surrogate})/u
