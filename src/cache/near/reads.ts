import type { unreached } from '../../clients/commands/strings.js'
import type { Key } from '../../keys/key-maker.js'
import type { TagQuestion } from '../tags/tag-numbers.js'
import type { Copy } from './copy.js'
import type { Seen } from './seen.js'

/** What else is asked with many keys. */
export interface ManyQuestion {
  /** Tags that are learned of in the same trip. @default none */
  readonly named?: readonly string[] | undefined
  /** Whether a key whose server was away with this error is {@link unreached}. @default none is */
  readonly spares?: ((error: unknown) => boolean) | undefined
}

/** What a hit is answered with. */
export type Held = Pick<Copy, 'key' | 'freshness' | 'isDecoded' | 'read' | 'again'>

/** What answers reads of a cache from memory, and hands values out in one way. Keys are as the server knows them. */
export interface Near {
  /**
   * The copy that answers a read of a key of the cache's own version, which is given as users give it; `undefined` when
   * there is none, or when more has to be looked at.
   */
  findOwn(key: Key): Held | undefined
  /** The copy that answers a read, right after {@link ready} has said that it may; `undefined` when there is none. */
  find(made: string): Held | undefined
  /** As {@link find}, of a key that has a value. */
  findValue(made: string): Held | undefined
  /** Whether a copy that was found before something was waited for may be served still. */
  isServed(copy: Held): boolean
  /** Drops the copy of a key, which cannot be read. */
  drop(made: string): void
  /**
   * Resolves when copies may be looked at; `undefined`: now. The loop may have to turn first, so that what was
   * announced is read.
   */
  ready(): Promise<void> | undefined
  /**
   * Reads one key where the values are, and holds what is there.
   * @param question what is learned of the tags of the value is added to its marks
   * @param named tags that are learned of in the same trip
   * @throws {CacheError} also the WRONGTYPE of what is no value
   */
  read(made: string, question: TagQuestion, named?: readonly string[]): Promise<Seen | undefined>
  /** As {@link read}, of many keys in one trip; what is no value reads as absent. */
  readMany(
    made: readonly string[],
    question: TagQuestion,
    more?: ManyQuestion,
  ): Promise<readonly (Seen | undefined | typeof unreached)[]>
  /** Hands out what a loader has made, which stays its own. */
  given<T>(value: T): T
}
