import { expect, test } from 'vitest'
import { AuthenticationError, ConnectionError } from '../../src/errors.js'
import { explainRefusal } from '../../src/topology/sentinel/refusal.js'

const address = '10.0.0.7:26379'

test.for<[reply: string, said: string]>([
  [
    'HELLO was refused: NOAUTH HELLO must be called with the client already authenticated',
    'asks for a password (NOAUTH); give it in sentinelOptions.password',
  ],
  [
    'HELLO was refused: WRONGPASS invalid username-password pair or user is disabled.',
    'refuses the username or password (WRONGPASS); correct them in sentinelOptions',
  ],
  [
    "SENTINEL MASTER was refused: NOPERM User app has no permissions to run the 'sentinel|master' command",
    'does not let our user run SENTINEL MASTER (NOPERM); allow it with ACL SETUSER <user> +sentinel|master',
  ],
  [
    "HELLO was refused: NOPERM User app has no permissions to run the 'hello' command",
    'does not let our user run HELLO (NOPERM); allow it with ACL SETUSER <user> +hello',
  ],
  [
    "SUBSCRIBE was refused: NOPERM User app has no permissions to run the 'subscribe' command",
    'does not let our user run SUBSCRIBE (NOPERM); allow it with ACL SETUSER <user> +subscribe',
  ],
])('%s', ([reply, said]) => {
  const cause = new AuthenticationError(address, reply)
  const error = explainRefusal(address, cause)
  expect(error).toBeInstanceOf(AuthenticationError)
  expect(error).toMatchObject({ message: expect.stringContaining(`this sentinel ${said}`) as string, cause })
})

test('NOPERM on the channels names all of them', () => {
  const refused = new AuthenticationError(address, 'SUBSCRIBE was refused: NOPERM No permissions to access a channel')
  expect(String(explainRefusal(address, refused))).toMatch(/ACL SETUSER <user> &\+switch-master .*&\+failover-end/)
})

test('what is no refusal stays what it is', () => {
  const error = new ConnectionError(address, 'no connection within 400 ms')
  expect(explainRefusal(address, error)).toBe(error)
})
