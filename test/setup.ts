import { afterAll, afterEach, expect } from 'vitest'
import { takeFaults, watchAnswer } from './openapi/watch.ts'

/** Every answer of a manager that a test fetches is as the OpenAPI document says. */
const WATCHED = Symbol.for('answers are watched')

if (!(WATCHED in globalThis)) {
  const fetch = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const response = await fetch(input, init)
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
    watchAnswer(method.toUpperCase(), response.url, response)
    return response
  }
  Object.assign(globalThis, { [WATCHED]: true })
}

const look = async () => expect(await takeFaults(), 'is not as the OpenAPI document says').toEqual([])
afterEach(look)
afterAll(look)
