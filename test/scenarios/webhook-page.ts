/** A delivery as docs/webhooks.md shows it. */
export interface Example {
  title: string
  /** What led to it, in a sentence. */
  sentence: string
  path: string
  body: Record<string, unknown>
}

const isEmpty = (value: unknown) =>
  value === null || value === false || (Array.isArray(value) && value.length === 0)

/** Characters in a line of what is empty. */
const WIDTH = 100

/** JSON of a body: what it says one key a line, then what it does not say, several in a line. */
export function jsonOf(body: Record<string, unknown>): string {
  const pair = ([key, value]: [string, unknown]) =>
    `${JSON.stringify(key)}: ${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}`
  const entries = Object.entries(body)
  const lines = entries.filter(([, value]) => !isEmpty(value)).map(pair)
  let line = ''
  for (const empty of entries.filter(([, value]) => isEmpty(value)).map(pair)) {
    if (line !== '' && line.length + empty.length > WIDTH) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? empty : `, ${empty}`
  }
  if (line !== '') lines.push(line)
  return `{\n  ${lines.join(',\n  ')}\n}`
}

/** The same examples for the OpenAPI document, one a line. */
export const exampleFile = (examples: Example[]): string =>
  `[\n${examples.map(({ title, path, body }) => JSON.stringify({ title, path, body: JSON.parse(jsonOf(body)) })).join(',\n')}\n]\n`

/** What differs in every run becomes the same: times, ids that are drawn, signatures. Keys that name no such thing stay as they are. */
export function settled(body: Record<string, unknown>, names: [RegExp, string][]): Record<string, unknown> {
  const text = JSON.stringify(body)
    .replace(/"(timestamp|at|expires_at)":"[^"]+"/g, '"$1":"2026-11-29T10:00:00.000Z"')
    .replace(/http:\/\/127\.0\.0\.1:\d+\/media/g, 'https://wa.example.test/media')
    .replace(/"seq":\d+/g, '"seq":17')
    .replace(/expires=\d+/g, 'expires=1764496800')
    .replace(/signature=[^"&]+/g, 'signature=3f1c…')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.\d+/g, '0b0c…e4.17')
  return JSON.parse(names.reduce((all, [name, shown]) => all.replaceAll(name, shown), text))
}

const INTRODUCTION = `# What Laravel gets

Every delivery is a \`POST\` with \`Content-Type: application/json\`, a bearer token if \`LARAVEL_TOKEN\` is set, and the headers of
[Standard Webhooks](https://www.standardwebhooks.com): \`webhook-id\` is the same for every retry, so it tells a delivery that was
stored already. Any 2xx takes it; the README says what happens after anything else.

The bodies below are real: a test has a simulated WhatsApp say these things to a running manager and writes down what arrives
(\`test/scenarios/webhook-examples.test.ts\`; times and what is drawn at random are made the same). Every key is always there: what a message does
not say is \`null\`, \`[]\` or \`false\`, and stands at the end of each example.

All have \`session_id\` and with it \`user_id\`, as /start had it, in its type; \`seq\`, the place in the session's log of what they tell of: the
later of two has the greater one, in whichever order they come; and \`metadata\`, which the caller gave: with /start, and of what becomes of a
send with /send-message, whose \`client_ref\` stands beside it.

\`seq\` orders what is told of one life of a session: an id that was deleted and is started again begins anew at 1. So do not tell deliveries
apart by \`session_id\` and \`seq\`, and take nothing for old because its \`seq\` is small: \`webhook-id\` is another one in each life, and
\`message_id\` with \`chat_id\` names a message. What comes about one chat, and about one session's status, comes in its order anyway.
`

const anchor = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')

/** The whole page. */
export function webhookPage(examples: Example[]): string {
  const contents = examples.map(({ title }) => `[${title}](#${anchor(title)})`).join(' · ')
  const sections = examples.map(
    ({ title, sentence, path, body }) =>
      `## ${title}\n\n${sentence} \`POST ${path}\`\n\n\`\`\`json\n${jsonOf(body)}\n\`\`\`\n`,
  )
  return [INTRODUCTION, `${contents}\n`, ...sections].join('\n')
}
