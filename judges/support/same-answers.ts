/** One visit of a browser that keeps its cookies. */
export type Visit = readonly [method: 'GET' | 'POST', path: string]

/** What a browser gets: the status, the body, and what becomes of the cookie of the session. */
export interface Answer {
  readonly visit: string
  readonly status: number
  readonly body: string
  readonly cookie: string
}

/** Sends a request with the cookies so far. */
export type Send = (
  visit: Visit,
  cookie: string,
) => Promise<{ status: number; body: string; setCookie: readonly string[] }>

/**
 * Visits a site as a browser does. What differs from site to site, which is the ids of sessions and moments, is told by
 * what it is: the first session is `id 1`, the next `id 2`.
 */
export async function browse(visits: readonly Visit[], send: Send): Promise<Answer[]> {
  const ids: string[] = []
  const answers: Answer[] = []
  let cookie = ''
  for (const visit of visits) {
    const { status, body, setCookie } = await send(visit, cookie)
    const [pair = '', ...attributes] = setCookie[0]?.split('; ') ?? []
    if (pair !== '') cookie = pair.endsWith('=') ? '' : pair
    if (cookie !== '' && !ids.includes(cookie)) ids.push(cookie)
    const told = attributes.map((attribute) => attribute.replace(/^Expires=.*/, 'Expires=a moment'))
    answers.push({
      visit: visit.join(' '),
      status,
      body,
      cookie: pair === '' ? 'as before' : [`id ${ids.indexOf(pair) + 1}`, ...told].join('; '),
    })
  }
  return answers
}

/** A `maxAge` in minutes: a millisecond of it may be missing (`findings/express-session-max-age.sh`). */
export function minutes(maxAge: number | null | undefined): number | null | undefined {
  return typeof maxAge === 'number' ? Math.round(maxAge / 60_000) : maxAge
}

/** Everything that a session can go through, and what is left of it after each step. */
export const visits: readonly Visit[] = [
  ['GET', '/view'],
  ['POST', '/count'],
  ['POST', '/count'],
  ['GET', '/view'],
  ['GET', '/cookie'],
  ['POST', '/reload'],
  ['POST', '/save'],
  ['POST', '/regenerate'],
  ['GET', '/view'],
  ['POST', '/count'],
  ['POST', '/destroy'],
  ['GET', '/view'],
  ['POST', '/count'],
  ['GET', '/view'],
]
