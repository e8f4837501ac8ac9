import type { Push, Reply } from '../../connection/connection.js'
import { ReplyParser } from '../../connection/resp/parser.js'
import type { MessageTest, PublishedMessage } from './faults.js'
import { FrameScanner } from './frame-scanner.js'

/** Takes published messages out of what a server sends; every other byte passes, in its order. */
export class MessageFilter {
  readonly #scanner = new FrameScanner()
  /** The value under way, while it may still be a message to swallow. */
  #held: Buffer[] | undefined
  swallows: MessageTest | undefined

  pass(chunk: Buffer): Buffer {
    const passed: Buffer[] = []
    let offset = 0
    while (offset < chunk.length) {
      const starts = this.#scanner.betweenFrames
      const end = this.#scanner.advance(chunk, offset)
      passed.push(...this.#piece(chunk.subarray(offset, end), starts))
      offset = end
    }
    return Buffer.concat(passed)
  }

  #piece(piece: Buffer, starts: boolean): readonly Buffer[] {
    if (starts) this.#held = this.swallows && isArray(piece) ? [] : undefined
    const held = this.#held
    if (!held) return [piece]
    held.push(piece)
    if (!this.#scanner.betweenFrames && !this.#scanner.lost) return []
    this.#held = undefined
    return this.#isSwallowed(Buffer.concat(held)) ? [] : held
  }

  #isSwallowed(frame: Buffer): boolean {
    const message = this.#scanner.lost ? undefined : messageIn(frame)
    return message !== undefined && this.swallows?.(message) === true
  }
}

/** RESP2 publishes in an array, RESP3 in a push. */
function isArray(frame: Buffer): boolean {
  return '*>'.includes(String.fromCharCode(frame[0] as number))
}

function messageIn(frame: Buffer): PublishedMessage | undefined {
  const [kind, ...rest] = itemsOf(frame).map(String)
  const [channel, text] = kind === 'pmessage' ? rest.slice(1) : rest
  const publishes = kind === 'message' || kind === 'smessage' || kind === 'pmessage'
  return publishes && channel !== undefined && text !== undefined ? { channel, text } : undefined
}

/** What cannot be read has none: it passes. */
function itemsOf(frame: Buffer): readonly Reply[] {
  let items: readonly Reply[] = []
  const take = (value: Reply | Push): void => {
    if (Array.isArray(value)) items = value
  }
  try {
    new ReplyParser({ readsBuffers: () => false, reply: take, push: take }).write(frame)
  } catch {
    return []
  }
  return items
}
