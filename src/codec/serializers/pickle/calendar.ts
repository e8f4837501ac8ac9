import { PyDate, PyDateTime, PyTime, type PyTzinfo } from './types/datetime.js'

/**
 * Dates and times as Python packs them: year (2 bytes), month, day; hour, minute, second, microsecond (3 bytes); most
 * significant byte first, the fold in the top bit of the hour, or where there is a date, of the month.
 * Source: CPython's Lib/datetime.py, _getstate
 */
export function packDate({ year, month, day }: PyDate, fold = 0): Buffer {
  return Buffer.from([year >> 8, year & 0xff, month | (fold << 7), day])
}

export function packTime({ hour, minute, second, microsecond }: PyTime, fold: number): Buffer {
  const microseconds = [microsecond >> 16, (microsecond >> 8) & 0xff, microsecond & 0xff]
  return Buffer.from([hour | (fold << 7), minute, second, ...microseconds])
}

export function packDateTime({ date, time }: PyDateTime): Buffer {
  return Buffer.concat([packDate(date, time.fold), packTime(time, 0)])
}

/** @throws {RangeError} for fewer bytes, and for what is no date; so do those below */
export function unpackDate(bytes: Buffer): PyDate {
  return new PyDate(bytes.readUInt16BE(0), bytes.readUInt8(2), bytes.readUInt8(3))
}

export function unpackTime(bytes: Buffer, tzinfo?: PyTzinfo): PyTime {
  const [unfolded, fold] = unfold(bytes, 0)
  return timeOf(unfolded, fold, tzinfo)
}

export function unpackDateTime(bytes: Buffer, tzinfo?: PyTzinfo): PyDateTime {
  const [unfolded, fold] = unfold(bytes, 2)
  return new PyDateTime(unpackDate(unfolded), timeOf(unfolded.subarray(4), fold, tzinfo))
}

function timeOf(bytes: Buffer, fold: number, tzinfo: PyTzinfo | undefined): PyTime {
  const [hour, minute, second] = [bytes.readUInt8(0), bytes.readUInt8(1), bytes.readUInt8(2)]
  return new PyTime({ hour, minute, second, microsecond: bytes.readUIntBE(3, 3), fold, tzinfo })
}

function unfold(bytes: Buffer, at: number): [unfolded: Buffer, fold: number] {
  const byte = bytes.readUInt8(at)
  const unfolded = Buffer.from(bytes)
  unfolded[at] = byte & 0x7f
  return [unfolded, byte >> 7]
}
