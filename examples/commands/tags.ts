import { createCaches, type LoaderContext } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ pages: { location, prefix: 'pages', format: 'framed' } })
const { pages } = caches

let renders = 0
const render = async (): Promise<string> => `page ${++renders}`

// The tags are known before: looking at them takes no round trip of its own.
console.log(await pages.getOrSet('/books/1', render, { tags: ['author:7', 'books'] })) // page 1
console.log(await pages.getOrSet('/books/1', render, { tags: ['author:7', 'books'] })) // page 1, from the cache

// The tags are known when the value is there.
const load = async ({ setTags }: LoaderContext): Promise<string> => {
  setTags(['author:7'])
  return render()
}
console.log(await pages.getOrSet('/books/2', load)) // page 2

await pages.invalidateTags(['author:7']) // however many pages there are
console.log(await pages.get('/books/1'), await pages.get('/books/2')) // undefined undefined
