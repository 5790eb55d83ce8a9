import { ask, byId, element, words } from './page.js'

/** The figures on top, and each problem with its advice. */

const EVERY_MS = 10_000

/** @param {() => Record<string, number>} byState */
export function startFigures(byState) {
  const look = async () => {
    const figures = await ask('/dashboard/figures').catch(() => null)
    showHealth(figures)
    if (figures === null) return
    set('deliveries', figures.pending)
    set('dead', figures.dead)
  }
  const count = () => {
    const counts = byState()
    set(
      'sessions',
      Object.values(counts).reduce((sum, one) => sum + one, 0),
    )
    set('open', counts.open ?? 0)
    set('waiting', counts.awaitingQr ?? 0)
    set('reconnecting', (counts.reconnecting ?? 0) + (counts.starting ?? 0))
    set('asleep', counts.asleep ?? 0)
    set('loggedOut', counts.loggedOut ?? 0)
  }
  let counting = false
  document.addEventListener('session', () => {
    if (counting) return
    counting = true
    requestAnimationFrame(() => {
      counting = false
      count()
    })
  })
  void look()
  const timer = setInterval(() => {
    if (!document.hidden) void look()
  }, EVERY_MS)
  document.addEventListener('login-ended', () => clearInterval(timer))
}

/** @param {string} name @param {number} value */
function set(name, value) {
  const figure = document.querySelector(`[data-figure="${name}"]`)
  const shown = figure?.querySelector('dd')
  const text = value.toLocaleString(document.documentElement.lang)
  if (!shown || shown.textContent === text) return
  shown.textContent = text
  figure?.toggleAttribute('data-zero', value === 0)
}

/** In the reader's language. @typedef {{ code: string, title: string, text: string, language?: string }} Problem */

/** @param {{ problems: Problem[], warnings: Problem[] } | null} health */
function showHealth(health) {
  const found =
    health === null
      ? [{ code: '', title: words.health.problem, text: words.health.unknown, kind: 'bad' }]
      : [
          ...health.problems.map(one => ({ ...one, kind: 'bad' })),
          ...health.warnings.map(one => ({ ...one, kind: 'warn' })),
        ]
  const section = byId('health')
  const shows = JSON.stringify(found)
  if (section.dataset.shows === shows) return
  section.dataset.shows = shows
  section.replaceChildren(
    ...found.map(({ title, text, language, kind }) =>
      element(
        'div',
        { class: `notice ${kind}` },
        element('strong', { text: title }),
        element('p', { lang: language, text }),
      ),
    ),
  )
  section.hidden = found.length === 0
}
