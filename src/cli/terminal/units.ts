import type { Milliseconds } from '../../units.js'

/** A length of time as people read it: `0.4 ms`, `12 s`, `3 h 5 min`. Pure. */
export function timeText(ms: Milliseconds): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}

/** A number of bytes as people read it: `0 B`, `1.4 KiB`, `12 MiB`. Pure. */
export function bytesText(bytes: number): string {
  const power = bytes < 1_024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1_024 ** power
  return `${power === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

/** `1 node`, `2 nodes`. Pure. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

const units: readonly string[] = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
