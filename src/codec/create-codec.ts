import type { Codec } from './codec.js'
import { FramedCodec } from './framed-codec.js'
import { HerdCodec } from './herd-codec.js'
import type { ResolvedCodec } from './options.js'
import { PlainCodec } from './plain-codec.js'
import { isText } from './serializers/index.js'
import { TextCodec } from './text-codec.js'

/** The codec of a cache; one that needs no bytes where that will do. */
export function createCodec(resolved: ResolvedCodec): Codec {
  const { format, serializer, compressor, decoders, maxDecodedValues, herdTimeout } = resolved
  if (format === 'framed') return new FramedCodec(resolved, new PlainCodec(resolved))
  if (herdTimeout !== undefined) return new HerdCodec(new PlainCodec(resolved), { herdTimeout })
  const compresses = compressor !== undefined || decoders.compressors.length > 0
  if (!compresses && isText(serializer) && decoders.serializers.every(isText))
    return new TextCodec(serializer, decoders.serializers, maxDecodedValues)
  return new PlainCodec(resolved)
}
