import { createHash } from 'node:crypto'

/** A value as a shop would cache it; half a kilobyte of JSON. */
export interface Order {
  readonly id: number
  readonly customer: { readonly name: string; readonly city: string }
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly price: number }[]
  readonly note: string | null
  readonly seal: string
}

export function makeOrder(id: number): Order {
  const lines = Array.from({ length: 1 + (id % 6) }, (_, line) => ({
    sku: `SKU-${(id * 31 + line * 7) % 10_000}`,
    quantity: 1 + ((id + line) % 4),
    price: ((id * 17 + line * 5) % 10_000) / 100,
  }))
  const customer = { name: names[id % names.length] ?? '', city: cities[id % cities.length] ?? '' }
  const order = { id, customer, lines, note: id % 3 === 0 ? null : 'Leave it at the door; ring twice. 🙂' }
  return { ...order, seal: seal(order) }
}

/** Whether this is the order of that number, whole and unchanged. */
export function isOrder(id: number, value: Order): boolean {
  const { seal: found, ...order } = value
  return value.id === id && found === seal(order)
}

function seal(order: Omit<Order, 'seal'>): string {
  return createHash('sha256').update(JSON.stringify(order)).digest('base64')
}

const names = ['Ada Lovelace', 'Grace Hopper', 'Barbara Liskov', 'Radia Perlman', 'Лидия Чуковская', '李清照']
const cities = ['London', 'New York', 'Zürich', 'São Paulo', '東京']
