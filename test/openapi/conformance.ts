import { inspect } from 'node:util'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { createOpenApi } from '../../src/openapi/document.ts'

type Node = Record<string, unknown>

/** An answer of the manager, as a caller saw it. */
export interface SeenAnswer {
  method: string
  /** Without its query. */
  path: string
  status: number
  contentType: string | null
  /** JSON; undefined for what is none. */
  body?: unknown
}

/** What a caller asked with a body, and whether it was taken. */
export interface SeenRequest {
  method: string
  /** Without its query. */
  path: string
  body: unknown
  status: number
  /** Of the answer: its `errors`, by field. */
  refusals?: Record<string, string[]>
}

/** As it is served: a request may have more than it names. */
const served = createOpenApi('0.0.0', { answers: [], deliveries: [] })

/** The document closed: what the schemas do not name may not be there. */
const document = closed(served) as {
  paths: Record<string, Record<string, Node>>
  webhooks: Record<string, Record<string, Node>>
}

const ajv = new Ajv2020({ strict: false, validateSchema: false })
ajv.addFormat('date-time', text => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text))
ajv.addFormat('uri', URL.canParse)
ajv.addSchema(document, 'openapi')
ajv.addSchema(served, 'served')

/** Longer ones first: `/deliveries/dead` is no `/deliveries/{id}`. */
const TEMPLATES = Object.keys(document.paths)
  .toSorted((a, b) => a.split('{').length - b.split('{').length)
  .map(template => ({ template, fits: new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`) }))

/** Pages for operators, and what belongs to them: nothing there is for programs. */
const PAGES = /^\/(?:$|login$|dashboard(?:$|\/))/

/** What anything may be answered that is no route, or asks one in a wrong way. */
const OF_NO_ROUTE = [400, 401, 403, 404, 405, 503]

/** Refusals, field and sentence, of what no JSON schema says: a look at several fields at once, at what a text means, at its bytes. */
const BEYOND_SCHEMAS = [
  // What a type of message needs stands there in words.
  /^(?:wa_id|body|mediaUrl|reply_to|latitude|longitude|contacts|options) (?:is required|must not be empty)$/,
  /^idempotency_key must be /,
  / must be the same under (?:all|both) its names: /,
  / must not come together with mediaUrl$/,
  / must not be more than there are options$/,
  / must be of a link that stands in body$/,
  /^until must be greater than after$/,
  /^chat_id is required for composing, recording and paused$/,
  / must begin with \+? ?(?:and )?the country code /,
  / must be without the \(0\)/,
  / must be valid Unicode$/,
  / must be an http:\/\/ or https:\/\/ URL$/,
  / must be at most \d+ bytes/,
  /^(?:media_base64|link_preview) must be (?:base64|a JPEG)/,
  /^assertion (?:has|was|answers|must be what) /,
  /^reply_to (?:names|must name) /,
]

/** What of an answer the document does not have; null if it is as the document says. */
export function answerFault(seen: SeenAnswer): string | null {
  const { method, path, status, contentType, body } = seen
  if (PAGES.test(path)) return null
  const template = templateOf(path)
  const operation: Node | undefined =
    template === undefined
      ? undefined
      : document.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()]
  // A browser asks in advance what it may.
  if (!operation && method === 'OPTIONS' && status === 204) return null
  if (template === undefined || operation === undefined) {
    if (!OF_NO_ROUTE.includes(status)) return `the document has no ${method} ${path}, answered with ${status}`
    return method === 'HEAD' ? null : mismatch('#/components/schemas/Error', body)
  }
  const at = `/paths/${escaped(template)}/${method === 'HEAD' ? 'get' : method.toLowerCase()}/responses/${status}`
  const [pointer, response] = resolve(at)
  if (response === undefined) return `${status} is no answer of ${method} ${template}`
  if (method === 'HEAD' || body === null) return null
  const types = (response.content ?? {}) as Node
  const type = contentType?.split(';')[0]?.trim() ?? ''
  const known = [type, '*/*'].find(name => name in types)
  if (known === undefined) return Object.keys(types).length > 0 ? `${type} is no type of ${at}` : null
  if (type !== 'application/json') return null
  const codes = response['x-error-codes'] as string[] | undefined
  const code = (body as { error?: string } | undefined)?.error
  if (codes !== undefined && !codes.includes(code ?? '')) return `${code} is no code of ${method} ${template}`
  return mismatch(`#${pointer}/content/${escaped(known)}/schema`, body)
}

/**
 * What the document and the manager say differently of a request's body: one that was taken must be as the document says, one that was
 * refused for its fields must not, but for rules that a schema has no words for. null if they agree.
 */
export function requestFault({ method, path, body, status, refusals }: SeenRequest): string | null {
  const template = templateOf(path)
  const verb = method.toLowerCase()
  const operation: Node | undefined = template === undefined ? undefined : document.paths[template]?.[verb]
  if (template === undefined || operation?.requestBody === undefined) return null
  const at = `#/paths/${escaped(template)}/${verb}/requestBody/content/application~1json/schema`
  const differs = mismatch(at, body, 'served')
  if (status < 300) return differs && `${method} ${path} took what the document refuses: ${differs}`
  if (refusals === undefined || differs !== null) return null
  const unsaid = Object.entries(refusals)
    .flatMap(([field, sentences]) => sentences.map(sentence => `${field} ${sentence}`))
    .filter(refusal => !BEYOND_SCHEMAS.some(rule => rule.test(refusal)))
  return unsaid.length === 0
    ? null
    : `${method} ${path} refused what the document allows: ${unsaid.join('; ')} in ${shown(body)}`
}

/** What of a body that was posted to Laravel's route `path` the document does not have; null if it is as it says. */
export function deliveryFault(path: string, body: unknown): string | null {
  const name = Object.keys(document.webhooks).find(key => (document.webhooks[key] as Node)['x-path'] === path)
  if (name === undefined) return `the document has no webhook for POST ${path}`
  return mismatch(`#/webhooks/${name}/post/requestBody/content/application~1json/schema`, body)
}

/** However deep or long it is. */
const shown = (value: unknown) =>
  inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY }).slice(0, 500)

const templateOf = (path: string) => TEMPLATES.find(({ fits }) => fits.test(path))?.template

function mismatch(pointer: string, value: unknown, of: 'openapi' | 'served' = 'openapi'): string | null {
  const validate = ajv.getSchema(`${of}${pointer}`) as ValidateFunction | undefined
  if (validate === undefined) return `the document has no ${pointer}`
  if (validate(value)) return null
  return `${decodeURIComponent(pointer)}: ${ajv.errorsText(validate.errors)} in ${shown(value)}`
}

/** What stands at a pointer, and where it stands if that only refers to it. */
function resolve(pointer: string): [string, Node | undefined] {
  const node = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (at, part) => (at as Node | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    ) as Node | undefined
  const ref = node?.$ref
  return typeof ref === 'string' ? resolve(ref.slice(1)) : [pointer, node]
}

const escaped = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1')

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(Object.entries(value).map(([key, child]) => [key, closed(child)]))
  const isObject = node.type === 'object' && typeof node.properties === 'object'
  return isObject && node.additionalProperties === undefined ? { ...node, additionalProperties: false } : node
}
