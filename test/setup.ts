import { afterAll, afterEach, expect } from 'vitest'
import { takeFaults, watchAnswer } from './openapi/watch.ts'

/** Every answer of a manager that a test fetches is as the OpenAPI document says. A worker that runs many files loads this anew for each. */
const UNWATCHED = Symbol.for('fetch, before answers were watched')
const worker = globalThis as { [UNWATCHED]?: typeof fetch }
worker[UNWATCHED] ??= globalThis.fetch
const unwatched = worker[UNWATCHED]

globalThis.fetch = async (input, init) => {
  const response = await unwatched(input, init)
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
  watchAnswer(method.toUpperCase(), response.url, response, init?.body)
  return response
}

const look = async () => expect(await takeFaults(), 'is not as the OpenAPI document says').toEqual([])
afterEach(look)
afterAll(look)
