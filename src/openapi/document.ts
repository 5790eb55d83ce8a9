import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { errorAnswer, eventView, sessionJson } from '../http/schemas/answers.ts'
import { createErrorResponses, type ErrorResponses } from './error-responses.ts'
import { named } from './examples/named.ts'
import type { Examples } from './examples/read-examples.ts'
import { LEGACY_WEBHOOKS, legacyPaths } from './legacy.ts'
import { type Answer, type Operation, TAGS } from './operation.ts'
import { OPERATIONS } from './operations/operations.ts'
import { tidy } from './tidy.ts'
import { PAYLOADS, webhooksOf } from './webhooks.ts'

export type OpenApi = ReturnType<typeof createDocument>

const DESCRIPTION = `Keeps WhatsApp sessions for a Laravel application: \`paths\` is what Laravel asks, \`webhooks\` what Laravel gets.

JSON in snake_case, dates in ISO 8601 UTC. Unknown fields of a request are ignored; answers and deliveries may have more fields one day. Every
answer has an \`X-Request-Id\`, by which the log tells the story of a request.`

/** The OpenAPI document, built from the schemas in src/http/schemas and src/laravel/payloads.ts. */
export function createOpenApi(version: string, examples: Examples): OpenApi {
  const errorsOf = createErrorResponses()
  const paths: ZodOpenApiPathsObject = {}
  for (const [request, operation] of Object.entries(OPERATIONS)) {
    const [method, path] = request.split(' ') as [string, string]
    const errors = errorsOf(operation.errors ?? [], operation.isOpen === true)
    const own = examples.answers.filter(example => example.request === request)
    paths[path] = { ...paths[path], [method.toLowerCase()]: toOpenApi(operation, errors, own) }
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'whatsapp-manager',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: { ...paths, ...legacyPaths(errorsOf([], false)) },
    webhooks: { ...webhooksOf(examples.deliveries), ...LEGACY_WEBHOOKS },
    components: {
      schemas: { Error: errorAnswer, Session: sessionJson, Event: eventView, ...PAYLOADS },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'One of API_KEYS.' },
        apiKey: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Api-Key',
          description: 'The same in a header of its own.',
        },
      },
    },
  })
  tidy(document)
  return document
}

function toOpenApi(
  operation: Operation,
  errors: ErrorResponses,
  examples: Examples['answers'],
): ZodOpenApiOperationObject {
  const { id, tag, summary, description, isAlias, isOpen, path, query, header, body, answers } = operation
  const bodies = examples.filter(example => example.body !== undefined)
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(isAlias && { deprecated: true }),
    ...(isOpen && { security: [] }),
    requestParams: { ...(path && { path }), ...(query && { query }), ...(header && { header }) },
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: body, ...named(bodies, example => example.body) } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [
          status,
          responseOf(
            answer,
            examples.filter(example => String(example.status) === status),
          ),
        ]),
      ),
      ...errors,
    },
  }
}

function responseOf(
  { description, schema, example: given, types = {} }: Answer,
  examples: Examples['answers'],
) {
  const content = {
    ...(schema && {
      'application/json': {
        schema,
        ...(given === undefined ? named(examples, ({ answer }) => answer) : { example: given }),
      },
    }),
    ...Object.fromEntries(
      Object.entries(types).map(([type, { description: what, example }]) => [
        type,
        {
          schema: { type: 'string' as const, ...(what && { description: what }) },
          ...(example && { example }),
        },
      ]),
    ),
  }
  return { description, ...(Object.keys(content).length > 0 && { content }) }
}
