import { main } from './application.mjs'

test('the application works in Jest', async () => {
  expect(await main()).toBe('it works')
})
