/**
 * What every page has: its words, how it asks the service, what it says in passing.
 * @typedef {import('../words/words.ts').Words} Words
 * @typedef {{ words: Words, language: string, access: 'write' | 'read', sessionId?: string }} PageData
 */

/** @type {PageData} */
export const page = JSON.parse(document.getElementById('page-data')?.textContent ?? '{}')
export const { words } = page

/**
 * The element with this id, which the page has.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export const byId = id => /** @type {T} */ (document.getElementById(id))

/**
 * Puts values into a sentence of the words.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))

/** What the service refused, or that it did not answer; its message is a sentence for people. */
export class Refusal extends Error {
  /** @param {string} message @param {string} code @param {number} status */
  constructor(message, code, status) {
    super(message)
    this.code = code
    this.status = status
  }
}

/**
 * Asks the service as JSON; throws Refusal.
 * @param {string} path
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 * @returns {Promise<any>}
 */
export const ask = async (path, options) => (await answerTo(path, options)).answer

/**
 * Has the service do something, and resolves with the status of its answer; throws Refusal.
 * @param {string} path
 * @param {{ method: string, body?: unknown }} options
 */
export const order = async (path, options) => (await answerTo(path, options)).status

/**
 * @param {string} path
 * @param {{ method?: string, body?: unknown, signal?: AbortSignal }} [options]
 */
async function answerTo(path, { method = 'GET', body, signal } = {}) {
  askOnlyLoggedIn()
  /** @type {Response} */
  let response
  try {
    response = await fetch(path, {
      method,
      signal: signal ?? null,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Refusal(words.actions.unreachable, 'UNREACHABLE', 0)
  }
  if (response.status === 401) loginEnded()
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}))
  if (!response.ok) throw refusalOf(answer, response.status)
  return { status: response.status, answer }
}

/**
 * What the service refused, in the reader's words.
 * @param {{ error?: string, message?: string, errors?: Record<string, string[]> }} answer
 * @param {number} status
 */
export function refusalOf({ error = 'UNKNOWN', message, errors = {} }, status) {
  /** @type {Record<string, string>} */
  const said = words.refusals
  const sentence = said[error] ?? message ?? words.actions.unreachable
  const fields = Object.keys(errors).map(name => labelOf(name) ?? name)
  return new Refusal(fill(sentence, { fields: fields.join(', ') }), error, status)
}

/** What the field is called in front of which somebody sits. @param {string} name */
const labelOf = name => document.querySelector(`dialog[open] label[for$="-${CSS.escape(name)}"]`)?.textContent

/** Whether the login has ended: whatever asks again and again stops. */
export let isLoggedOut = false

/** Throws Refusal once the login has ended: the service would refuse it. */
export function askOnlyLoggedIn() {
  if (isLoggedOut) throw new Refusal(words.live.ended, 'UNAUTHENTICATED', 401)
}

/** Nothing is asked any more, which is said once; a link leads back to where the reader was. */
export function loginEnded() {
  if (isLoggedOut) return
  isLoggedOut = true
  const notice = byId('cut')
  const link = document.createElement('a')
  link.href = `/login?next=${encodeURIComponent(location.pathname)}`
  link.textContent = words.live.logIn
  notice.replaceChildren(`${words.live.ended} `, link)
  notice.hidden = false
  document.dispatchEvent(new Event('login-ended'))
}

/**
 * Says something in passing, for eyes and screen readers.
 * @param {string} text
 * @param {'good' | 'bad'} [kind]
 */
export function toast(text, kind = 'good') {
  const line = document.createElement('p')
  line.className = `notice ${kind}`
  line.textContent = text
  const toasts = byId('toasts')
  toasts.append(line)
  while (toasts.childElementCount > 3) toasts.firstElementChild?.remove()
  setTimeout(() => line.remove(), 8_000)
}

/**
 * Says what failed of what somebody asked for.
 * @param {() => unknown} what
 */
export async function attempt(what) {
  try {
    await what()
  } catch (error) {
    toast(fill(words.actions.failed, { why: error instanceof Error ? error.message : String(error) }), 'bad')
  }
}

/**
 * An element with text in it, never markup.
 * @param {string} tag
 * @param {{ class?: string, text?: string, [attribute: string]: string | undefined }} [attributes]
 * @param {...(Node | string)} children
 */
export function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, value)
  if (text !== undefined) made.textContent = text
  made.append(...children)
  return made
}

/**
 * Text that others wrote: isolated, so that its direction turns nothing else, and cut where it is longer than a line can be.
 * @param {string} text
 * @param {number} [most]
 */
export function foreign(text, most = 200) {
  const short = text.length > most ? `${text.slice(0, most)}…` : text
  const made = document.createElement('bdi')
  made.className = 'clip'
  made.textContent = short
  if (short !== text) made.title = text.slice(0, 1_000)
  return made
}

/** What a program says of an error: not in the reader's words, and marked so. @param {string} text */
export function technical(text) {
  const made = foreign(text, 500)
  made.classList.add('technical')
  made.lang = 'en'
  return made
}

document.getElementById('log-out')?.addEventListener('click', async () => {
  await fetch('/login', { method: 'DELETE' })
  location.href = '/login'
})
