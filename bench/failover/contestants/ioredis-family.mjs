/** ioredis, and iovalkey that came of it: a client for the primary, another one for the replicas. */
export async function open({ serviceName, sentinels }, { module, failoverDetector }) {
  const { Redis } = await import(module)
  const connect = async (role) => {
    const client = new Redis({ name: serviceName, sentinels, role, failoverDetector })
    client.on('error', () => {})
    await client.ping()
    return client
  }
  const [primary, replica] = await Promise.all([connect('master'), connect('slave')])
  return {
    write: (key, value) => primary.set(key, value),
    read: (key) => replica.get(key),
    stored: (key) => key,
  }
}
