// `node --import ./judges/peers.mjs program.js`: lets examples import the frameworks that are installed here.
import { register } from 'node:module'

register('./support/peers-hook.mjs', import.meta.url)
