// The users: 500 requests a second on schedule, whether or not earlier ones are answered; each asks for an item of its own.
import { Agent, get } from 'node:http'
import { performance } from 'node:perf_hooks'
import { startTraffic } from '../../dist/lab/index.js'

const rate = 500
/** In ms: how long what is outstanding at the end may take. */
const settleWithin = 8_000

export function startRequests(port) {
  const agent = new Agent({ keepAlive: true })
  const answers = []
  let markedAt = Infinity
  const operation = async (n) => {
    const answer = { issuedAt: performance.now(), took: Infinity }
    answers.push(answer)
    await request(agent, port, `/items/${n}`)
    answer.took = performance.now() - answer.issuedAt
  }
  const traffic = startTraffic({ rate, operation })
  return {
    mark: () => void (markedAt = performance.now()),
    stop: async () => {
      await traffic.stop({ settleWithin })
      agent.destroy()
      return summary(answers.filter(({ issuedAt }) => issuedAt >= markedAt).map(({ took }) => took))
    },
  }
}

/** What failed, or was never answered, counts as infinitely long. */
function summary(times) {
  const sorted = times.toSorted((one, other) => one - other)
  const quantile = (share) => sorted[Math.ceil(sorted.length * share) - 1]
  const failed = times.filter((took) => took === Infinity).length
  return { p50: quantile(0.5), p99: quantile(0.99), longest: sorted.at(-1), failed }
}

function request(agent, port, path) {
  return new Promise((resolve, reject) => {
    const outgoing = get({ agent, host: '127.0.0.1', port, path }, (response) => {
      response.resume()
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
      )
    })
    outgoing.once('error', reject)
  })
}
