import { Redis } from 'iovalkey'

export async function open(server) {
  const client = new Redis(server)
  await client.ping()
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    close: () => client.quit(),
  }
}
