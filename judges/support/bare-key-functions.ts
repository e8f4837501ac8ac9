import { bareKeys, bareKeysReverse } from '../../src/adapters/express-session/index.js'

/** Options of a cache whose keys are what they are called, as other packages write them beside it. */
export const bareKeyFunctions = { keyFunction: bareKeys, reverseKeyFunction: bareKeysReverse }
