import { ask, byId } from './page.js'

/**
 * Offers a form for a new session, and hands it on once it is there.
 * @param {(session: { session_id: string, user_id: string | number }) => void} created
 */
export function offerCreation(created) {
  /** @type {HTMLDialogElement} */
  const dialog = byId('create-dialog')
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'))
  const refusal = /** @type {HTMLElement} */ (form.querySelector('.notice'))
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type="submit"]'))
  form.reset()
  refusal.hidden = true
  dialog.showModal()
  form.onsubmit = async event => {
    event.preventDefault()
    const fields = new FormData(form)
    const text = (/** @type {string} */ name) => String(fields.get(name) ?? '').trim()
    const [id, phone, user] = [text('session_id'), text('phone_number'), text('user_id')]
    button.disabled = true
    try {
      const { session_id } = await ask('/start', {
        method: 'POST',
        body: {
          user_id: userIdOf(user),
          ...(id !== '' && { session_id: id }),
          ...(phone !== '' && { phone_number: phone }),
        },
      })
      dialog.close()
      created({ session_id, user_id: userIdOf(user) })
    } catch (error) {
      refusal.textContent = error instanceof Error ? error.message : String(error)
      refusal.hidden = false
    } finally {
      button.disabled = false
    }
  }
}

/** Laravel's ids are mostly numbers, and 7 is another user than "7". @param {string} text */
const userIdOf = text => (/^[1-9]\d{0,14}$|^0$/.test(text) ? Number(text) : text)
