/** How many slots a cluster has. */
export const slotCount = 16_384

/**
 * Which of the 16384 slots of a cluster a key lies in: that of its tag, `{tag}`, where it has one. Hot path of a cluster:
 * a key of ASCII is read where it stands.
 */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open)
  return close > open + 1 ? slotOfPart(key, open + 1, close) : slotOfPart(key, 0, key.length)
}

/** CRC-16/XMODEM: polynomial 0x1021, from 0. */
function slotOfPart(key: string, from: number, to: number): number {
  let crc = 0
  for (let place = from; place < to; place++) {
    const code = key.charCodeAt(place)
    if (code > 0x7f) return crc16(Buffer.from(key.slice(from, to))) % slotCount
    crc = ((crc << 8) & 0xffff) ^ (remainders[(crc >> 8) ^ code] as number)
  }
  return crc % slotCount
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
/** Found so far, by slot. */
const tags: string[] = []
let nextTag = 0
