import { loadOptional } from '../optional.js'
import { TooLargeError } from '../bounds.js'

/** What we use of @bokuweb/zstd-wasm. */
interface WasmModule {
  init(): Promise<void>
  compress(bytes: Uint8Array, level: number): Uint8Array
  decompress(bytes: Uint8Array, options: { readonly defaultHeapSize: number }): Uint8Array
}

/** zstd of @bokuweb/zstd-wasm. On the event loop. */
export class WasmZstd {
  readonly #module: WasmModule
  readonly #level: number

  constructor(level: number) {
    this.#module = loadOptional<WasmModule>('@bokuweb/zstd-wasm', "'zstd' before Node 22.15")
    this.#level = level
  }

  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return whenReady(this.#module, () => this.#module.compress(bytes, this.#level))
  }

  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array> {
    return whenReady(this.#module, () => {
      try {
        return this.#module.decompress(bytes, { defaultHeapSize: maxBytes })
      } catch (error) {
        throw String(error).endsWith(tooSmall) ? new TooLargeError(maxBytes) : error
      }
    })
  }
}

/** The module has one memory for the whole process, and must not be started twice. */
function whenReady(module: WasmModule, work: () => Uint8Array): Uint8Array | Promise<Uint8Array> {
  if (ready) return work()
  starting ??= module.init().then(() => void (ready = true))
  return starting.then(work)
}

/** How its message ends when more comes out than there is room for; it has no other sign. */
const tooSmall = 'code -70'
let ready = false
let starting: Promise<void> | undefined
