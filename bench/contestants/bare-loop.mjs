// What Node can do at best with one socket and one promise per command: no deadline, no limit, no reconnect, text only.
import { once } from 'node:events'
import { connect } from 'node:net'

/** `json`: with the values' JSON read and written around it. */
export async function open({ host, port }, { json = false } = {}) {
  const { call, close } = await openLoop({ host, port })
  const read = json ? (text) => (text === null ? undefined : JSON.parse(text)) : (text) => text
  const write = json ? JSON.stringify : (text) => text
  const get = json ? async (key) => read(await call('GET', key)) : (key) => call('GET', key)
  return {
    get,
    set: (key, value) => call('SET', key, write(value)),
    getMany: async (keys) => (await call('MGET', ...keys)).map(read),
    getOrSet: async (key, load) => (await get(key)) ?? load(),
    close,
  }
}

async function openLoop(server) {
  const socket = connect(server)
  await once(socket, 'connect')
  socket.setNoDelay(true)
  const callers = []
  let [head, output, encoding] = [0, '', 'latin1']
  const flush = () => {
    socket.write(output, encoding)
    encoding = 'latin1'
    output = ''
  }
  const call = (...args) => {
    if (output === '') process.nextTick(flush)
    let command = `*${args.length}\r\n`
    for (const arg of args) {
      const bytes = Buffer.byteLength(arg)
      if (bytes !== arg.length) encoding = 'utf8'
      command += `$${bytes}\r\n${arg}\r\n`
    }
    output += command
    return new Promise((resolve, reject) => callers.push({ resolve, reject }))
  }
  const reply = (value) => {
    const { resolve, reject } = callers[head]
    callers[head++] = undefined
    if (head === callers.length) callers.length = head = 0
    if (value instanceof Error) reject(value)
    else resolve(value)
  }
  socket.on('data', parser(reply))
  socket.on('error', (error) => callers.slice(head).forEach(({ reject }) => reject(error)))
  return { call, close: () => void socket.end() }
}

/** Takes chunks, gives replies; what is cut off waits for the chunk after it and is read again from its start. */
function parser(reply) {
  let [buffer, offset] = [Buffer.alloc(0), 0]
  const number = () => {
    let [value, at] = [0, offset]
    while (buffer[at] !== 13) {
      if (at >= buffer.length) return undefined
      if (buffer[at] !== 45) value = value * 10 + buffer[at] - 48
      at++
    }
    const negative = buffer[offset] === 45
    offset = at + 2
    return negative ? -value : value
  }
  const line = () => {
    const end = buffer.indexOf('\r\n', offset)
    if (end < 0) return undefined
    const text = buffer.utf8Slice(offset, end)
    offset = end + 2
    return text
  }
  const bulk = () => {
    const length = number()
    if (length === undefined || offset + length + 2 > buffer.length) return length < 0 ? null : undefined
    if (length < 0) return null
    const text = buffer.utf8Slice(offset, offset + length)
    offset += length + 2
    return text
  }
  const array = () => {
    const length = number()
    if (length === undefined || length < 0) return length === undefined ? undefined : null
    const items = new Array(length)
    for (let index = 0; index < length; index++) {
      const item = element()
      if (item === undefined) return undefined
      items[index] = item
    }
    return items
  }
  const element = () => {
    const type = buffer[offset++]
    if (type === 36) return bulk()
    if (type === 42) return array()
    if (type === 58) return number()
    const text = line()
    return type === 45 && text !== undefined ? new Error(text) : text
  }
  return (chunk) => {
    buffer = offset < buffer.length ? Buffer.concat([buffer.subarray(offset), chunk]) : chunk
    offset = 0
    while (offset < buffer.length) {
      const start = offset
      const value = element()
      if (value === undefined || offset > buffer.length) return void (offset = start)
      reply(value)
    }
  }
}
