// `npm start` and `npm run steps`: makes a fresh clone ready, then runs the program that the first argument names.
// Exits 2 where no server can be had.
import { ensure } from './ensure.mjs'
import { show } from './support/run.mjs'

const status = await ensure()
process.exitCode = status === 0 ? await show('node', ['--import', 'tsx', ...process.argv.slice(2)]) : status
