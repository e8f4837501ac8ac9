/** Which of the 16384 slots of a cluster a key lies in: that of its tag, `{tag}`, where it has one. */
export function slotOf(key: string): number {
  return crc16(Buffer.from(taggedPart(key))) % slots
}

/**
 * A short text that lies in this slot; the same one always and everywhere.
 * Shape: base 36; the first of the whole numbers from 0 on that does.
 */
export function tagOf(slot: number): string {
  while (tags[slot] === undefined) {
    const tag = (nextTag++).toString(36)
    tags[slotOf(tag)] ??= tag
  }
  return tags[slot]
}

/** What counts of a key: the text between its first `{` and the next `}`, unless there is none. */
function taggedPart(key: string): string {
  const from = key.indexOf('{') + 1
  const to = key.indexOf('}', from)
  return from > 0 && to > from ? key.slice(from, to) : key
}

/** CRC-16/XMODEM: polynomial 0x1021, from 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ (remainders[(crc >> 8) ^ byte] as number)
  return crc
}

function remainderOf(byte: number): number {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) & 0xffff) ^ 0x1021 : crc << 1
  return crc
}

const remainders = Uint16Array.from({ length: 256 }, (_, byte) => remainderOf(byte))
const slots = 16_384
/** Found so far, by slot. */
const tags: string[] = []
let nextTag = 0
