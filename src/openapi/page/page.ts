import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import { type Markup, type Node, prose } from './markup.ts'
import { operationMarkup, type Shown } from './operation.ts'

const METHODS = ['get', 'post', 'delete']

/** The document as one page without scripts, which asks for nothing else: its style is in it, and the policy lets just that one pass. */
export function drawPage(document: object, style: string): { page: string; policy: string } {
  const { info, tags, paths, webhooks, components } = document as Record<string, Node> & { tags: Node[] }
  const asked = shownIn(paths as Record<string, Node>)
  const posted = shownIn(webhooks as Record<string, Node>)
  const groups = tags.map(({ name, description }) => ({
    name: String(name),
    description: String(description),
    all: asked.filter(({ operation }) => (operation.tags as string[]).includes(String(name))),
  }))
  const laravel = {
    name: 'Webhooks',
    description: 'What Laravel is asked and told, behind LARAVEL_URL.',
    all: posted,
  }
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info!.title} ${info!.version}: the API</title>
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<header>
<h1>${info!.title} ${info!.version}</h1>
${String(info!.description)
  .split('\n\n')
  .map(part => html`<p>${prose(part)}</p>`)}
<p>The same for programs: <a href="/openapi.json">openapi.json</a></p>
</header>
<nav aria-label="Contents"><ul>${[...groups, laravel].map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`)}</ul></nav>
<main>
${[...groups, laravel].map(group => section(group, components!))}
</main>
</body>
</html>
`
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  return { page: String(page), policy }
}

function section(
  { name, description, all }: { name: string; description: string; all: Shown[] },
  components: Node,
): Markup {
  return html`<section aria-labelledby="${name}">
<h2 id="${name}">${name}</h2>
<p>${prose(description)}</p>
${all.map(shown => operationMarkup(shown, components))}
</section>
`
}

/** Every operation of path items; what Laravel gets has its path beside its name. */
function shownIn(items: Record<string, Node>): Shown[] {
  return Object.entries(items).flatMap(([name, item]) =>
    METHODS.filter(method => method in item).map(method => ({
      method,
      path: String(item['x-path'] ?? name),
      operation: item[method] as Node,
    })),
  )
}
