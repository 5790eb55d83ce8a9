import type { AnswerExample } from '../../src/openapi/examples/read-examples.ts'
import { OPERATIONS } from '../../src/openapi/operations/operations.ts'
import { jsonOf } from './webhook-page.ts'

/** Lines of docs/curl.md that stand together, and what the last of them answers. */
export interface Step {
  title: string
  lines: string[]
  /** Null where nothing is printed below them. */
  answer: { status: number; text: string } | null
}

const STEP = /^#{2,3} (.+)$|^```sh\n([\s\S]*?)```(?:\n\n```json (\d{3})\n([\s\S]*?)```)?/gm

/** The steps of the page, from top to bottom. */
export function stepsOf(page: string): Step[] {
  let title = ''
  return [...page.matchAll(STEP)].flatMap(([, heading, code, status, text]) => {
    if (heading !== undefined) {
      title = heading
      return []
    }
    const lines = code!.split('\n').filter(line => line.startsWith('curl '))
    return [{ title, lines, answer: status === undefined ? null : { status: Number(status), text: text! } }]
  })
}

/** The page with other answers, one for each step that prints one. */
export function withAnswers(page: string, answers: string[]): string {
  const rest = [...answers]
  return page.replace(STEP, whole =>
    whole.replace(/(```json \d{3}\n)[\s\S]*(```)$/, (_, begin, end) => `${begin}${rest.shift()}${end}`),
  )
}

/** JSON as the page prints it. */
export const printed = (body: unknown) => `${jsonOf(body as Record<string, unknown>)}\n`

const ROUTES = Object.keys(OPERATIONS)
  .toSorted((a, b) => a.split('{').length - b.split('{').length)
  .map(request => ({ request, fits: new RegExp(`^${request.replace(/\{\w+\}/g, '[^/?]+')}$`) }))

/** `GET /sessions/{id}` for `GET /sessions/shop`. Throws for what is no route. */
export function routeOf(method: string, path: string): string {
  const found = ROUTES.find(({ fits }) => fits.test(`${method} ${path}`))
  if (found === undefined) throw new Error(`there is no route ${method} ${path}`)
  return found.request
}

/** What a line asks of the manager: the last curl of it. */
export function requestIn(line: string): { request: string; body?: unknown } {
  const last = line.slice(line.lastIndexOf('curl '))
  const path = /:3000(\/[^\s?']*)/.exec(last)![1]!
  const data = /-d '([^']*)'/.exec(last)?.[1]
  const method = /-X (\w+)/.exec(last)?.[1] ?? (/ -d /.test(last) ? 'POST' : 'GET')
  return { request: routeOf(method, path), ...(data !== undefined && { body: JSON.parse(data) }) }
}

/** The examples of the OpenAPI document, one a line. */
export const answerFile = (examples: AnswerExample[]): string =>
  `[\n${examples.map(example => JSON.stringify(example)).join(',\n')}\n]\n`
