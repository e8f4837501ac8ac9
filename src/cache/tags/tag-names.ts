import { longestTag } from '../../codec/tag-field.js'
import { KeyError } from '../../errors.js'
import { show } from '../../units.js'
import { listOf } from '../input.js'

/**
 * Tags, each once.
 * @throws {TypeError} for what is no array or another iterable
 * @throws {KeyError} E_KEY for a tag that is no text, empty, longer than 65,535 bytes, or has half a surrogate pair
 */
export function tagsOf(tags: Iterable<string>): readonly string[] {
  const list = listOf(tags, 'tags')
  for (const tag of list) checkTag(tag)
  return areDistinct(list) ? list : [...new Set(list)]
}

/** Hot path (bench: cache-tags): most values have a few tags, and then no set is made. */
function areDistinct(list: readonly string[]): boolean {
  return list.length < 8 && list.every((tag, index) => list.indexOf(tag) === index)
}

function checkTag(tag: unknown): void {
  if (typeof tag !== 'string' || tag === '') throw new KeyError(`A tag must be a non-empty string, got ${show(tag)}.`)
  if (tag.length * 3 > longestTag && Buffer.byteLength(tag) > longestTag)
    throw new KeyError(`A tag of ${tag.length} characters: a tag has ${longestTag} bytes at most.`)
  if (!tag.isWellFormed())
    throw new KeyError('Half a surrogate pair in a tag: the server would take two such tags for one.')
}
