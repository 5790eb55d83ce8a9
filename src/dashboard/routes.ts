import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { compress } from 'hono/compress'
import { languageDetector } from 'hono/language'
import { secureHeaders } from 'hono/secure-headers'
import type { Assets } from './assets.ts'
import type { DashboardContext, DashboardEnv } from './env.ts'
import { overviewRoutes } from './overview-routes.ts'
import { deliveriesPage } from './pages/deliveries.ts'
import { loginPage } from './pages/login.ts'
import { nothingPage } from './pages/nothing.ts'
import { sessionsPage } from './pages/sessions.ts'
import type { DashboardParts } from './parts.ts'
import { sessionRoutes } from './session/routes.ts'
import { thumbnailAnswer } from './thumbnails.ts'
import { LANGUAGES, wordsOf } from './words/languages.ts'

const SELF = "'self'"
const NONE = "'none'"

/** No inline script or style, and nothing from anywhere else. */
const HEADERS = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: [NONE],
    scriptSrc: [SELF],
    styleSrc: [SELF],
    imgSrc: [SELF, 'data:', 'blob:'],
    mediaSrc: [SELF, 'blob:'],
    connectSrc: [SELF],
    frameAncestors: [NONE],
    baseUri: [NONE],
    formAction: [SELF],
  },
  xFrameOptions: 'DENY',
  // With no-referrer a browser says `Origin: null` of the login's form, which is refused.
  referrerPolicy: 'same-origin',
  // Whether the host is always reached by https is for its proxy to say.
  strictTransportSecurity: false,
  // Browsers that reached this origin without it before complain in their console.
  originAgentCluster: false,
})

/** Everything below `/` and `/dashboard/`. */
export function createRoutes(parts: DashboardParts, assets: Assets): Hono<DashboardEnv> {
  const page = (c: DashboardContext) => ({
    words: wordsOf(c.get('language')),
    language: c.get('language'),
    visitor: c.env.visitor,
    assets,
  })
  return new Hono<DashboardEnv>()
    .notFound(c => {
      const supports = ['application/json', 'text/html']
      const asked = accepts(c, { header: 'Accept', supports, default: 'application/json' })
      if (asked === 'text/html') return c.html(nothingPage(page(c)), 404)
      return c.json({ success: false, error: 'NOT_FOUND', message: 'There is nothing at this path.' }, 404)
    })
    .onError(error => {
      // Who serves the pages answers it, and logs it.
      throw error
    })
    .use(HEADERS)
    .use(compress())
    .use(
      languageDetector({
        order: ['header'],
        caches: false,
        supportedLanguages: [...LANGUAGES],
        fallbackLanguage: 'en',
      }),
    )
    .get('/dashboard/assets/:version/:name', c => serveAsset(c, assets))
    .get('/dashboard/thumbnails/:id', c => thumbnailAnswer(c, parts.files))
    .get('/', c => c.html(sessionsPage(page(c))))
    .get('/dashboard', c => c.redirect('/', 303))
    .get('/dashboard/deliveries', c => c.html(deliveriesPage(page(c))))
    .all('/login', c => {
      const { refusal } = c.env.visitor
      const status = refusal === undefined ? 200 : refusal === 'wrong_key' ? 401 : 429
      return c.html(loginPage(page(c), c.req.query('next') ?? '/'), status)
    })
    .route('/dashboard', overviewRoutes(parts))
    .route('/dashboard/sessions', sessionRoutes(parts, page))
}

function serveAsset(c: DashboardContext, { version, files }: Assets): Response {
  const asset = files.get(c.req.param('name') ?? '')
  if (asset === undefined || c.req.param('version') !== version) return c.notFound() as never
  const { type, body, gzipped } = asset
  const etag = `"${version}"`
  c.header('Cache-Control', 'public, max-age=31536000, immutable')
  c.header('ETag', etag)
  c.header('Vary', 'Accept-Encoding')
  if (c.req.header('if-none-match') === etag) return c.body(null, 304)
  const encoding = accepts(c, { header: 'Accept-Encoding', supports: ['gzip'], default: 'identity' })
  c.header('Content-Type', type)
  if (encoding !== 'gzip') return c.body(body)
  c.header('Content-Encoding', 'gzip')
  return c.body(gzipped)
}
