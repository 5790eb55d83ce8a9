import { runInNewContext } from 'node:vm'
import { createBrowserReceiver } from '@statelyai/inspect'
import { expect, it } from 'vitest'
import { viewerPage } from '../../inspect/viewer-page.ts'

const VIEWER = new URL('https://stately.ai/inspect')
type Listener = (event: { origin: string; source: unknown; data: unknown }) => void

/** The page's script in a browser of a few lines, and in its frame the library's own receiver. */
function open() {
  const frameListeners: Listener[] = []
  const posts: [unknown, string][] = []
  const frameWindow = {
    postMessage(data: unknown, origin: string) {
      posts.push([data, origin])
      if (origin === VIEWER.origin)
        for (const listener of frameListeners) listener({ origin: 'http://127.0.0.1', source: null, data })
    },
  }
  const loads: string[] = []
  const frame = {
    contentWindow: frameWindow,
    get src() {
      return VIEWER.href
    },
    set src(url: string) {
      loads.push(url)
    },
  }
  const pageListeners: Listener[] = []
  const sources: {
    url: string
    closed: boolean
    onopen(): void
    onmessage(event: { data: string }): void
  }[] = []
  const says = { textContent: 'The inspector is on its way…' }
  const html = viewerPage(VIEWER, 'abc')
  runInNewContext(/<script nonce="abc">([\s\S]*)<\/script>/.exec(html)![1]!, {
    document: { getElementById: (id: string) => (id === 'viewer' ? frame : says) },
    addEventListener: (_: string, listener: Listener) => pageListeners.push(listener),
    setTimeout: () => {},
    EventSource: class {
      closed = false
      onopen = () => {}
      onmessage = () => {}
      url: string
      constructor(url: string) {
        this.url = url
        sources.push(this)
      }
      close() {
        this.closed = true
      }
    },
  })
  const hear = (origin: string, source: unknown, data: unknown) => {
    for (const listener of pageListeners) listener({ origin, source, data })
  }
  /** The hosted page loads. */
  const load = () => {
    frameListeners.length = 0
    const taken: unknown[] = []
    const self = {
      addEventListener: (_: string, listener: Listener) => frameListeners.push(listener),
      parent: { postMessage: (data: unknown) => hear(VIEWER.origin, frameWindow, data) },
    }
    createBrowserReceiver({ window: Object.assign(self, { self, top: null }) as never }).subscribe(message =>
      taken.push(message),
    )
    return taken
  }
  return { hear, load, frameWindow, sources, posts, loads, html }
}
const message = { type: '@xstate.actor', _version: '0.7.2', sessionId: 'x:1' }

it("answers the viewer's hello with a stream, and hands over each message to that origin alone", () => {
  const page = open()
  expect(page.sources).toHaveLength(0)
  const taken = page.load()
  expect(page.sources.map(({ url }) => url)).toEqual(['stream'])
  page.sources[0]!.onopen()
  page.sources[0]!.onmessage({ data: JSON.stringify(message) })
  expect(taken).toEqual([message])
  expect(page.posts.map(([, origin]) => origin)).toEqual(['https://stately.ai'])
})

it('hears no other origin, no other window, and nothing else', () => {
  const page = open()
  const hello = { type: '@statelyai.connected' }
  page.hear('https://evil.example', page.frameWindow, hello)
  page.hear(VIEWER.origin, {}, hello)
  for (const data of [null, 'x', 7, {}, { type: 'x' }]) page.hear(VIEWER.origin, page.frameWindow, data)
  expect(page.sources).toHaveLength(0)
})

it('begins anew with a viewer that loads again, and with a manager that is back', () => {
  const page = open()
  page.load()
  page.load()
  expect(page.sources.map(({ closed }) => closed)).toEqual([true, false])
  page.sources[1]!.onopen()
  expect(page.loads).toEqual([])
  page.sources[1]!.onopen()
  expect(page.loads).toEqual([VIEWER.href])
})

it('is no place for what an address may hold', () => {
  expect(viewerPage(new URL('https://x.test/"><script>alert(1)</script>'), 'n')).not.toMatch(
    /"><script>alert/,
  )
})
