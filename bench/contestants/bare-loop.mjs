// What Node can do at best with one socket and one promise per command: no deadline, no limit, no reconnect, text only.
import { once } from 'node:events'
import { connect } from 'node:net'

/** `json`: with the values' JSON read and written around it. */
export async function open(server, { json = false } = {}) {
  const { call, close } = await openLoop(server)
  if (!json) {
    return {
      get: (key) => call('GET', key),
      getMany: (keys) => call('MGET', ...keys),
      set: (key, value) => call('SET', key, value),
      close,
    }
  }
  const read = (text) => (text === null ? undefined : JSON.parse(text))
  const get = async (key) => read(await call('GET', key))
  return {
    get,
    getMany: async (keys) => (await call('MGET', ...keys)).map(read),
    getOrSet: async (key, load) => (await get(key)) ?? load(),
    set: (key, value) => call('SET', key, JSON.stringify(value)),
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
    output = ''
    encoding = 'latin1'
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

/** Takes chunks, gives replies: strings, numbers and one level of arrays. What is cut off waits for the next chunk. */
function parser(reply) {
  let [buffer, offset, items, missing] = [Buffer.alloc(0), 0, undefined, 0]
  const number = () => {
    let [value, at] = [0, offset + 1]
    const negative = buffer[at] === 45
    if (negative) at++
    for (; buffer[at] !== 13; at++) {
      if (at >= buffer.length) return undefined
      value = value * 10 + buffer[at] - 48
    }
    offset = at + 2
    return negative ? -value : value
  }
  const bulk = () => {
    const length = number()
    if (length === undefined || length < 0) return length === undefined ? undefined : null
    const text = offset + length + 2 > buffer.length ? undefined : buffer.utf8Slice(offset, offset + length)
    offset += length + 2
    return text
  }
  const line = () => {
    const end = buffer.indexOf('\r\n', offset)
    if (end < 0) return undefined
    const text = buffer.utf8Slice(offset + 1, end)
    const value = buffer[offset] === 45 ? new Error(text) : text
    offset = end + 2
    return value
  }
  const element = () => {
    const type = buffer[offset]
    if (type === 36) return bulk()
    return type === 58 || type === 42 ? number() : line()
  }
  const take = (value, isLength) => {
    if (isLength && value > 0) [items, missing] = [[], value]
    else if (isLength) reply(value < 0 ? null : [])
    else if (items === undefined) reply(value)
    else if (items.push(value) === missing) {
      const whole = items
      items = undefined
      reply(whole)
    }
  }
  return (chunk) => {
    buffer = offset < buffer.length ? Buffer.concat([buffer.subarray(offset), chunk]) : chunk
    offset = 0
    while (offset < buffer.length) {
      const [start, isLength] = [offset, buffer[offset] === 42]
      const value = element()
      if (value === undefined || offset > buffer.length) return void (offset = start)
      take(value, isLength)
    }
  }
}
