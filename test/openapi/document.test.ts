import { createConfig, lintFromString } from '@redocly/openapi-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createOpenApi } from '../../src/openapi/document.ts'
import { type Examples, readExamples } from '../../src/openapi/examples/read-examples.ts'
import { OPERATIONS } from '../../src/openapi/operations/operations.ts'
import { createTestHttp } from '../http/fakes.ts'
import { answerFault, deliveryFault } from './conformance.ts'

type Node = Record<string, unknown>
interface Media {
  examples?: Node
  example?: unknown
}
interface Described {
  operationId: string
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}

let examples: Examples
let document: ReturnType<typeof createOpenApi>
beforeAll(async () => {
  examples = await readExamples()
  document = createOpenApi('1.2.3', examples)
})

const operationsOf = (items: unknown) =>
  Object.entries(items as Record<string, Record<string, Described>>).flatMap(([path, item]) =>
    ['get', 'post', 'delete']
      .filter(method => method in item)
      .map(method => ({ request: `${method.toUpperCase()} ${path}`, operation: item[method]! })),
  )

describe('the OpenAPI document', () => {
  it('describes every route for programs, and no other', () => {
    // Those of today, and those of LARAVEL_CONTRACT=legacy.
    const served = [createTestHttp(), createTestHttp({ legacy: { remember: () => {} } })]
      .flatMap(({ app }) => app.routes)
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
      .filter(request => !/ \/(?:$|login$|dashboard)/.test(request))
    expect(
      operationsOf(document.paths)
        .map(({ request }) => request)
        .sort(),
    ).toEqual([...new Set(served)].sort())
  })

  it('is what a linter accepts, its examples included', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] })
    const problems = await lintFromString({ source: JSON.stringify(document), config })
    expect(
      problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`),
    ).toEqual([])
  })

  it('has an example of every JSON that is asked, answered or delivered', () => {
    const lacking: string[] = []
    for (const { request, operation } of [
      ...operationsOf(document.paths),
      ...operationsOf(document.webhooks),
    ]) {
      const { requestBody, responses } = operation
      const first = Object.entries(responses).find(([status]) => status.startsWith('2'))
      for (const [what, content] of [
        ['body', requestBody?.content],
        ['answer', first?.[1].content],
      ] as const) {
        const media = content?.['application/json']
        if (media !== undefined && media.examples === undefined && media.example === undefined)
          lacking.push(`${request}: ${what}`)
      }
    }
    expect(lacking).toEqual([])
  })

  it('has only examples that are as it says', () => {
    for (const { request, status, answer } of examples.answers) {
      expect(OPERATIONS).toHaveProperty([request])
      const [method, path] = request.split(' ') as [string, string]
      const contentType = typeof answer === 'string' ? null : 'application/json'
      if (contentType === null) continue
      expect(
        answerFault({ method, path: path.replace(/\{\w+\}/g, 'x'), status, contentType, body: answer }),
      ).toBeNull()
    }
    for (const { path, body } of examples.deliveries) expect(deliveryFault(path, body), path).toBeNull()
  })

  it('names every operation once', () => {
    const ids = [...operationsOf(document.paths), ...operationsOf(document.webhooks)].map(
      ({ operation }) => operation.operationId,
    )
    expect(new Set(ids).size).toBe(ids.length)
  })
})
