// Runs the application; says what it gives.
import { main } from './application.mjs'

main().then(console.log, (error) => {
  console.error(error)
  process.exitCode = 1
})
