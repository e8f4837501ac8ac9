import type { Binary } from './binary.js'

/** The members of a set, and how many bytes they take. */
export class Members extends Set<Binary> {
  bytes: number = emptyBytes

  override add(member: Binary): this {
    if (!this.has(member)) this.bytes += member.length + memberBytes
    return super.add(member)
  }

  override delete(member: Binary): boolean {
    const deleted = super.delete(member)
    if (deleted) this.bytes -= member.length + memberBytes
    return deleted
  }
}

/** The fields of a hash, and how many bytes they and their values take. */
export class Fields extends Map<Binary, Binary> {
  bytes: number = emptyBytes

  override set(field: Binary, value: Binary): this {
    const before = this.get(field)
    this.bytes += before === undefined ? field.length + value.length + fieldBytes : value.length - before.length
    return super.set(field, value)
  }

  override delete(field: Binary): boolean {
    const value = this.get(field)
    if (value !== undefined) this.bytes -= field.length + value.length + fieldBytes
    return super.delete(field)
  }
}

/** What they take beside their own bytes, measured on Node 20. */
const emptyBytes = 100
const memberBytes = 50
const fieldBytes = 80
