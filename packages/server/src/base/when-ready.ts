/** A value that is there, as what a cache holds, or one that is still being read. */
export type MaybePromise<T> = T | Promise<T>

/**
 * Goes on with a value: at once where it is there, without the turn of the event loop that `await` costs. Inside an async
 * function `x instanceof Promise ? await x : x` does the same.
 */
export function whenReady<T, U>(
  value: MaybePromise<T>,
  then: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(then) : then(value)
}

/**
 * Does something that may be ready at once and goes on with it. What it raises, now or later, goes to `failed`, and what `then`
 * raises at once; a promise that `then` gives must see to itself. One step of a promise, where `await` in a `try` takes several.
 */
export function whenSettled<T, U>(
  run: () => MaybePromise<T>,
  then: (value: T) => MaybePromise<U>,
  failed: (thrown: unknown) => U,
): MaybePromise<U> {
  const goOn = (value: T): MaybePromise<U> => {
    try {
      return then(value)
    } catch (thrown) {
      return failed(thrown)
    }
  }
  try {
    const value = run()
    return value instanceof Promise ? value.then(goOn, failed) : goOn(value)
  } catch (thrown) {
    return failed(thrown)
  }
}

/** Goes on with several values, at once where all are there. */
export function whenAllReady<T extends readonly unknown[], U>(
  values: { readonly [K in keyof T]: MaybePromise<T[K]> },
  then: (...values: T) => MaybePromise<U>,
): MaybePromise<U> {
  for (const value of values) {
    if (value instanceof Promise)
      return Promise.all(values).then((all) => then(...(all as readonly unknown[] as T)))
  }
  return then(...(values as readonly unknown[] as T))
}

/** Does something that may be ready at once, and then the other, also where it fails. */
export function whenOver<T>(run: () => MaybePromise<T>, then: () => void): MaybePromise<T> {
  let value: MaybePromise<T>
  try {
    value = run()
  } catch (error) {
    then()
    throw error
  }
  if (value instanceof Promise) return value.finally(then)
  then()
  return value
}

/**
 * The first answer that is not undefined to a question asked of one item after another. Each is asked when the one before it
 * has answered: at once while answers are there, however many items there are.
 */
export function firstAnswer<T, R>(
  items: readonly T[],
  ask: (item: T) => MaybePromise<R | undefined>,
  from = 0,
): MaybePromise<R | undefined> {
  for (let at = from; at < items.length; at += 1) {
    const answer = ask(items[at] as T)
    if (answer instanceof Promise)
      return answer.then((one) => (one === undefined ? firstAnswer(items, ask, at + 1) : one))
    if (answer !== undefined) return answer
  }
  return undefined
}
