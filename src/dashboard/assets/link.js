import { ask, attempt, byId, element, fill, foreign, page, words } from './page.js'
import { sentenceOf } from './states.js'
import { countdown, keep } from './time.js'

/**
 * A phone being linked, as it happens: the QR or the code, the next one when it rotates, the passkey, the link.
 * @typedef {import('./session-table.js').Session} Session
 * @typedef {{ session_id: string, user_id: string | number }} Subject
 */

const { link } = words

/** @param {Subject} subject */
export function openLink(subject) {
  /** @type {HTMLDialogElement} */
  const dialog = byId('link-dialog')
  const body = byId('link-body')
  const { session_id: id } = subject
  let looking = false
  let again = false
  let shown = ''
  let closed = false

  const look = async () => {
    if (looking) {
      again = true
      return
    }
    looking = true
    try {
      const { sessions } = await ask(`/dashboard/sessions?id=${encodeURIComponent(id)}`)
      const session = /** @type {Session | undefined} */ (sessions[0])
      if (session !== undefined && !closed) await show(session)
    } catch {
      // What the stream tells next, or the page's own word of a lost connection, goes on from here.
    } finally {
      looking = false
    }
    if (!again || closed) return
    again = false
    await look()
  }

  /** @param {Session} session */
  const show = async session => {
    const { made, key } = await stepOf(session, start)
    // The dialog may be another session's by now.
    if (closed || key === shown) return
    const rotated = shown.startsWith('qr ') && key.startsWith('qr ')
    shown = key
    body.replaceChildren(...made)
    body.dataset.step = key.split(' ')[0]
    if (rotated) body.append(element('p', { class: 'hint', text: link.replaced }))
  }

  const start = async () => {
    await ask('/start', { method: 'POST', body: { user_id: subject.user_id, session_id: id } })
    if (!closed) await look()
  }

  const onFacts = (/** @type {Event} */ event) => {
    const { detail } = /** @type {CustomEvent<{ session_id?: string }[]>} */ (event)
    // The stream of one session does not name it.
    if (detail.some(fact => (fact.session_id ?? page.sessionId) === id)) void look()
  }

  byId('link-title').textContent = fill(link.title, { id })
  body.replaceChildren(element('p', { text: link.preparing }))
  body.dataset.step = 'preparing'
  document.addEventListener('facts', onFacts)
  dialog.onclose = () => {
    closed = true
    document.removeEventListener('facts', onFacts)
    body.replaceChildren()
  }
  dialog.showModal()
  void look()
}

/**
 * What is to be seen now, and a key that changes with it.
 * @param {Session} session
 * @param {() => Promise<void>} start
 * @returns {Promise<{ key: string, made: Node[] }>}
 */
async function stepOf(session, start) {
  const { session_id: id, state, detail, qr_expires_at: expiresAt } = session
  const path = `/sessions/${encodeURIComponent(id)}`
  // The name may come a moment after the link.
  if (state === 'open') return { key: `linked ${session.push_name}`, made: linkedAs(session) }
  if (session.passkey !== null) return passkeyStep(path)
  if (state === 'awaitingQr' && detail === 'linking') return { key: 'linking', made: waiting(link.linking) }
  if (expiresAt !== null && session.by_code) {
    const { code } = await ask(`${path}/pairing-code`)
    return { key: `code ${code}`, made: codeOf(code, expiresAt) }
  }
  if (expiresAt !== null) return { key: `qr ${expiresAt}`, made: await qrOf(path, expiresAt) }
  if (state === 'starting' && session.wa_id !== null) return { key: 'linking', made: waiting(link.linking) }
  if (state === 'loggedOut' || detail === 'expired' || detail === 'refused' || state === 'reconnecting') {
    const why = detail === 'expired' ? link.expired : sentenceOf(session)
    return { key: `stands ${why}`, made: standing(why, start) }
  }
  return { key: 'preparing', made: waiting(link.preparing) }
}

/** @param {Session} session */
function linkedAs({ push_name: name, wa_id: number }) {
  const who = name === null || name === '' ? `+${number}` : name
  const [before = '', after = ''] = link.linked.split('{who}')
  return [
    element('div', { class: 'tick', 'aria-hidden': 'true' }, '✓'),
    element('p', { class: 'linked' }, before, foreign(who, 60), after),
  ]
}

/** @param {string} text */
const waiting = text => [element('div', { class: 'spinner', 'aria-hidden': 'true' }), element('p', { text })]

/** @param {string | null} why @param {() => Promise<void>} start */
function standing(why, start) {
  const button = element('button', { type: 'button', class: 'primary', text: link.again })
  button.addEventListener('click', () => void attempt(start))
  return [element('p', {}, foreign(why ?? '', 300)), button]
}

/** @param {number} expiresAt */
function timeLeft(expiresAt) {
  const left = element('p', { class: 'hint left', 'aria-live': 'off' })
  keep(left, () => fill(link.expiresIn, { in: countdown(expiresAt) ?? '0:00' }))
  return left
}

/** @param {string} path @param {number} expiresAt */
async function qrOf(path, expiresAt) {
  const image = /** @type {HTMLImageElement} */ (
    element('img', { class: 'qr', alt: link.qr, width: '288', height: '288' })
  )
  // Another address for each QR: no browser shows the one before.
  image.src = `${path}/qr?format=svg&of=${expiresAt}`
  await image.decode().catch(() => {})
  return [element('p', { class: 'hint', text: link.how }), image, timeLeft(expiresAt)]
}

/** @param {string} code @param {number} expiresAt */
function codeOf(code, expiresAt) {
  const spaced = code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code
  return [
    element('p', { class: 'hint', text: link.howCode }),
    element('p', { class: 'code', 'aria-label': link.code, text: spaced }),
    timeLeft(expiresAt),
  ]
}

/** @param {string} path */
async function passkeyStep(path) {
  const demand = await ask(`${path}/passkey`)
  const cancel = element('button', { type: 'button', text: link.passkeyCancel })
  cancel.addEventListener('click', () => void attempt(() => ask(`${path}/passkey`, { method: 'DELETE' })))
  const key = `passkey ${demand.state} ${demand.code}`
  const left = timeLeft(Date.parse(demand.expires_at))
  if (demand.state === 'confirm') {
    const confirm = element('button', { type: 'button', class: 'primary', text: link.passkeyConfirm })
    confirm.addEventListener('click', () => attempt(() => ask(`${path}/passkey/confirm`, { method: 'POST' })))
    const code = element('p', { class: 'code', text: demand.code })
    return { key, made: [element('p', { text: link.passkeyCode }), code, left, confirm, cancel] }
  }
  if (demand.page_url === null || demand.state !== 'required')
    return { key, made: [...waiting(link.passkeyWaits), left, cancel] }
  const url = element('p', { class: 'mono url', text: demand.page_url })
  return { key, made: [element('p', { text: link.passkey }), url, left, cancel] }
}
