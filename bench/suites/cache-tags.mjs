/** Two tags, as a page has that is about an author and on a list. */
const tags = ['author:7', 'books']

// A hit whose tags are looked at, beside a read of a value that has none.
export const cacheTags = [row('tags named', { tags, named: true }, 0.65), row('tags not named', { tags }, 0.4)]

function row(what, options, ofUntagged) {
  return {
    title: `getOrSet 1 KiB JSON with ${what}, 64 in flight`,
    operation: 'getOrSet',
    payload: '1 KiB JSON',
    inFlight: 64,
    contestants: [
      { name: `cache.getOrSet, ${what}`, module: 'our-cache', options: { settings: settings('tagged'), ...options } },
      {
        name: 'cache.get, no tags',
        module: 'our-cache',
        options: { settings: settings('untagged'), loading: false },
        atLeast: ofUntagged,
      },
      { name: 'bentocache, with tags', module: 'bentocache', options: { tags }, atLeast: 2 },
    ],
  }
}

function settings(prefix) {
  return { format: 'framed', prefix }
}
