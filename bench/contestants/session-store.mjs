/** A session store as a contestant: with callbacks, as the middleware calls it. */
export function contestantOf(store, close) {
  return {
    get: (id) => answerTo((callback) => store.get(id, callback)),
    set: (id, session) => answerTo((callback) => store.set(id, session, callback)).then(() => true),
    touch: (id, session) => answerTo((callback) => store.touch(id, session, callback)),
    close,
  }
}

function answerTo(call) {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)))
  })
}
