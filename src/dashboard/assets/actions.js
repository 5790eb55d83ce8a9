import { offerCreation } from './create.js'
import { closeByButtons } from './dialogs.js'
import { openLink } from './link.js'
import { byId, element, fill, order, toast, words } from './page.js'
import { isToBeLinked } from './states.js'

/**
 * What can be done with a session, each with a question that says what is lost.
 * @typedef {{ session_id: string, user_id: string | number, state: string, wa_id: string | null }} Subject
 * @typedef {'restart' | 'logout' | 'delete'} Action
 */

/** @type {Record<Action, { method: string, path: (id: string) => string }>} */
const REQUESTS = {
  restart: { method: 'POST', path: id => `/sessions/${id}/restart` },
  logout: { method: 'POST', path: id => `/sessions/${id}/logout` },
  delete: { method: 'DELETE', path: id => `/sessions/${id}` },
}

/**
 * Asks whether it is meant, and does it.
 * @param {Action} action
 * @param {string} id
 */
export function askAndDo(action, id) {
  const { actions } = words
  /** @type {HTMLDialogElement} */
  const dialog = byId('ask-dialog')
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'))
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type="submit"]'))
  const refusal = /** @type {HTMLElement} */ (form.querySelector('.notice'))
  /** @type {HTMLInputElement} */
  const word = byId('ask-word')
  byId('ask-title').textContent = fill(actions[`${action}Title`], { id })
  byId('ask-loss').textContent = actions[`${action}Loss`]
  byId('ask-typed').hidden = action !== 'delete'
  byId('ask-label').textContent = fill(actions.deleteType, { id })
  word.value = ''
  word.required = action === 'delete'
  button.textContent = actions[action]
  button.className = action === 'restart' ? 'primary' : 'danger'
  button.disabled = false
  refusal.hidden = true
  dialog.showModal()
  // The dialog may be another question's before this one is answered.
  let closed = false
  form.onsubmit = async event => {
    event.preventDefault()
    word.setCustomValidity(
      action === 'delete' && word.value.trim() !== id ? fill(actions.deleteType, { id }) : '',
    )
    if (!form.reportValidity()) return
    button.disabled = true
    try {
      const { method, path } = REQUESTS[action]
      const status = await order(path(id), { method })
      if (!closed) dialog.close()
      toast(fill(sentenceOf(action, status), { id }))
    } catch (error) {
      const why = fill(actions.failed, { why: error instanceof Error ? error.message : String(error) })
      if (closed) return toast(why, 'bad')
      refusal.textContent = why
      refusal.hidden = false
    } finally {
      if (!closed) button.disabled = false
    }
  }
  word.oninput = () => word.setCustomValidity('')
  dialog.onclose = () => {
    closed = true
  }
}

/** WhatsApp has not confirmed what is 202. @param {Action} action @param {number} status */
function sentenceOf(action, status) {
  const { done } = words.actions
  if (action === 'restart') return done.restart
  if (action === 'logout') return status === 202 ? done.logoutOwed : done.logout
  return status === 202 ? done.deleteOwed : done.delete
}

/** @param {{ get(id: string): Subject | undefined }} table */
export function startActions(table) {
  const menu = byId('menu')
  const create = byId('create')
  create.addEventListener('click', () => offerCreation(openLink))
  closeByButtons()
  document.addEventListener('click', event => {
    const button = event.target instanceof Element ? event.target.closest('button.more') : null
    const id = button?.closest('.row')?.getAttribute('data-id')
    const subject = id ? table.get(id) : undefined
    if (button && subject) showMenu(menu, /** @type {HTMLElement} */ (button), subject)
  })
  menu.addEventListener('keydown', event => {
    const items = [...menu.querySelectorAll('button')]
    const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement))
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }
    const to = moves[event.key]
    if (to === undefined) return
    event.preventDefault()
    items[to % items.length]?.focus()
  })
}

/** @param {HTMLElement} menu @param {HTMLElement} button @param {Subject} subject */
function showMenu(menu, button, subject) {
  const { session_id: id, state } = subject
  /** @param {string} text @param {() => unknown} act @param {string} [kind] */
  const item = (text, act, kind = '') => {
    const made = element('button', { type: 'button', role: 'menuitem', class: kind, text })
    made.addEventListener('click', () => {
      menu.hidePopover()
      void act()
    })
    return made
  }
  const { actions } = words
  menu.setAttribute('aria-label', fill(words.sessions.actionsFor, { id }))
  menu.replaceChildren(
    item(actions.open, () => location.assign(`/dashboard/sessions/${id}`)),
    ...(isToBeLinked(subject) ? [item(actions.link, () => openLink(subject))] : []),
    ...(state === 'loggedOut'
      ? []
      : [
          item(actions.restart, () => askAndDo('restart', id)),
          item(actions.logout, () => askAndDo('logout', id), 'danger-text'),
        ]),
    item(actions.delete, () => askAndDo('delete', id), 'danger-text'),
  )
  menu.showPopover()
  const at = button.getBoundingClientRect()
  const below = at.bottom + menu.offsetHeight + 8 < innerHeight
  menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`
  menu.style.top = `${below ? at.bottom + 4 : at.top - menu.offsetHeight - 4}px`
  menu.addEventListener(
    'toggle',
    event => {
      if (/** @type {ToggleEvent} */ (event).newState === 'closed' && menu.contains(document.activeElement))
        button.focus()
    },
    { once: true },
  )
  menu.querySelector('button')?.focus()
}
