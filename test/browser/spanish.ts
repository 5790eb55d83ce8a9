import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { sessionMachine } from '../../machines/session.machine.ts'
import { supervisorMachine } from '../../machines/supervisor.machine.ts'
import { chartOf, type Machine, statesIn } from '../../src/dashboard/statechart/machine-graph.ts'
import { wordsOf } from '../../src/dashboard/words/languages.ts'
import { sessionWordsOf } from '../../src/dashboard/words/session-languages.ts'
import { problemWordsOf } from '../../src/dashboard/words/told-problem.ts'

/** Whatever a page says to eyes, pointers or screen readers: where it says it, and the text. */
export interface Said {
  where: string
  text: string
}

/**
 * Texts, titles, labels and hints of all that is on the page, shown or not yet. Left out are what a program says of an error, which is
 * marked with its language, raw rows and the fields of a context.
 */
const collect = (within: string) => `(() => {
  const LEFT_OUT = 'script, style, noscript, pre, .technical, .changes tbody, .can li'
  const ATTRIBUTES = ['title', 'aria-label', 'aria-valuetext', 'aria-description', 'alt', 'placeholder']
  const found = [{ where: 'title', text: document.title }]
  const walker = document.createTreeWalker(document.querySelector('${within}'), NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  const nameOf = one => one.tagName.toLowerCase() + (one.id ? '#' + one.id : '') + (one.getAttribute('class') ? '.' + one.getAttribute('class') : '')
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const around = node.nodeType === 3 ? node.parentElement : node
    if (around.closest(LEFT_OUT)) continue
    if (node.nodeType === 3) found.push({ where: nameOf(around), text: node.data })
    else for (const name of ATTRIBUTES)
      if (node.hasAttribute(name)) found.push({ where: nameOf(node) + ' ' + name, text: node.getAttribute(name) })
  }
  return found
})()`

export const saidOn = (page: Page, within = 'body'): Promise<Said[]> => page.evaluate<Said[]>(collect(within))

/** All that the file of Spanish words has, of every page. */
const SENTENCES = [wordsOf('es'), sessionWordsOf('es'), problemWordsOf('es')].flatMap(textsIn)

function textsIn(words: object): string[] {
  return Object.values(words).flatMap(one => (typeof one === 'string' ? [one] : textsIn(one)))
}

const plain = (text: string) => text.replace(/\s+/g, ' ').trim()
/** Without what stands around a part of a text. */
const bare = (text: string) => plain(text).replace(/^[\s[(]+|[\s\]):,;.…]+$/g, '')
const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** What stands around the places of a sentence; there each place may be an element of its own. */
const around = (sentence: string) => sentence.split(/\{\w+\}/).map(plain)

const WORDS = new Set(SENTENCES.flatMap(around).filter(text => /\p{L}/u.test(text)))
const TEMPLATES = SENTENCES.map(plain)
  .filter(text => /\{\w+\}/.test(text) && around(text).some(part => /\p{L}/u.test(part)))
  .map(
    text =>
      new RegExp(
        `^${text
          .split(/\{\w+\}/)
          .map(quoted)
          .join('(.*?)')}$`,
        'u',
      ),
  )

/** The machine's own names, which the log and the API have, too. */
const NAMES = new Set(
  [sessionMachine, supervisorMachine].flatMap(machine => {
    const { root, transitions } = chartOf(machine as unknown as Machine)
    const events = transitions.map(({ event }) => event.replace(/^after /, ''))
    const guards = transitions.flatMap(({ guard }) => (guard === null ? [] : [guard]))
    return [...statesIn(root).flatMap(({ path, key }) => [path, key]), ...events, ...guards]
  }),
)

/** Numbers, ids, addresses, names of facts and of fields, and the times of a Spanish reader. */
const DATA = [
  /^[^\p{L}]*$/u,
  /^(?:hace|dentro de) \d+ (?:s|min|h|d[ií]as?)\.?$/,
  /^(?:ahora|ayer|anteayer)$/,
  /^\d{1,2} (?:ene|feb|mar|abr|may|jun|jul|ago|sept?|oct|nov|dic)\.?(?: \d{4})?,? \d{1,2}:\d\d:\d\d$/,
  /^\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC$/,
  /^[\d.:+-]+@(?:s\.whatsapp\.net|lid|g\.us)$/,
  /^[A-Z0-9]{4}-[A-Z0-9]{4}$/,
  /^https?:\/\/\S+$/,
  /^(?:GET|POST|DELETE) \/\S*$|^\/[\w/-]+$/,
  /^(?:xstate\.)?[a-z]\w*(?:\.[\w]+)+$/,
  /^[a-z]+(?:[A-Z][a-z]*)+$/,
  /^[\d,.]+ (?:B|kB|MB)$/,
]

/** Where a text is put together of two. */
const SEAMS = [': ', ' → ', ' › ', ', ', ' · ', ' [', '] ', '. ', '; ', ' ', '← ', '‹ ', '… ']

/** Says whether a text is made of Spanish words, of names and of data alone; `data`: what people wrote in this test. */
export function createReader(data: readonly string[]) {
  const own = new Set(data.map(plain))
  const known = new Map<string, boolean>()

  function reads(text: string): boolean {
    const short = plain(text)
    const before = known.get(short)
    if (before !== undefined) return before
    known.set(short, false)
    const found = explains(short)
    known.set(short, found)
    return found
  }

  const isKnown = (text: string) =>
    DATA.some(one => one.test(text)) || own.has(text) || NAMES.has(text) || WORDS.has(text)

  function explains(text: string): boolean {
    if (isKnown(text) || isKnown(bare(text))) return true
    if (TEMPLATES.some(one => one.exec(text)?.slice(1).every(reads))) return true
    return SEAMS.some(seam => splits(text, seam))
  }

  function splits(text: string, seam: string): boolean {
    for (let at = text.indexOf(seam); at >= 0; at = text.indexOf(seam, at + 1)) {
      const [left, right] = [text.slice(0, at + seam.trimEnd().length), text.slice(at + seam.length)]
      if (right !== text && reads(left) && reads(right)) return true
    }
    return false
  }

  return reads
}

/** All that the page says is Spanish, or what is within one of its elements. */
export async function expectSpanish(
  page: Page,
  reads: (text: string) => boolean,
  within?: string,
): Promise<void> {
  const strange = (await saidOn(page, within)).filter(({ text }) => !reads(text))
  expect([...new Map(strange.map(one => [one.text, one])).values()]).toEqual([])
}
