import type { KeyFunction, ReverseKeyFunction } from '../../keys/key-maker.js'
import type { CacheOptions } from '../options.js'
import { readFunction } from './classes.js'
import { defined } from './defined.js'
import type { Draft } from './draft.js'
import type { Entry } from './entry.js'

/** How a cache makes its keys; the functions that Django and django-valkey use by default are ours too. */
export function keysOf({ cache, path, classes }: Entry, { prefix, version }: Draft): CacheOptions {
  const { KEY_FUNCTION, REVERSE_KEY_FUNCTION } = cache
  return defined({
    prefix,
    version,
    keyFunction:
      KEY_FUNCTION === 'django.core.cache.backends.base.default_key_func'
        ? undefined
        : readFunction<KeyFunction>(KEY_FUNCTION, `${path}.KEY_FUNCTION`, classes),
    reverseKeyFunction:
      REVERSE_KEY_FUNCTION === 'django_valkey.util.default_reverse_key'
        ? undefined
        : readFunction<ReverseKeyFunction>(REVERSE_KEY_FUNCTION, `${path}.REVERSE_KEY_FUNCTION`, classes),
  })
}
