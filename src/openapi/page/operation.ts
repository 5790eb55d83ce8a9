import { html } from 'hono/html'
import { jsonBlock, type Markup, type Node, prose } from './markup.ts'
import { fieldsTable, typeOf } from './schema.ts'

export interface Shown {
  method: string
  /** Where it is asked. */
  path: string
  operation: Node
}

/** One route, folded; `components` of the document. */
export function operationMarkup({ method, path, operation }: Shown, components: Node): Markup {
  const schemas = (components.schemas ?? {}) as Node
  const { operationId, summary, description, deprecated, requestBody, security } = operation
  const responses = Object.entries(operation.responses as Record<string, Node>)
  const isOpen = Array.isArray(security) && security.length === 0
  return html`<details class="operation" id="${operationId}">
<summary><span class="method ${method}">${method.toUpperCase()}</span><span class="${deprecated ? 'deprecated' : ''}"><code>${path}</code></span><span>${summary}</span></summary>
<div>
${description ? html`<p>${prose(String(description))}</p>` : ''}
${deprecated ? html`<p class="hint">An older name of another route.</p>` : ''}
${isOpen ? html`<p class="hint">Needs no key.</p>` : ''}
${parameters((operation.parameters ?? []) as Node[], schemas)}
${requestBody ? html`<h4>Body</h4>${content(requestBody as Node, schemas)}` : ''}
${responses.map(([status, response]) => answer(status, response, components))}
</div>
</details>
`
}

function parameters(all: Node[], schemas: Node): Markup | '' {
  if (all.length === 0) return ''
  return html`<h4>Parameters</h4><div class="scroll" tabindex="0" role="group" aria-label="Parameters"><table>
<thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Type</th><th scope="col">What it is</th></tr></thead>
<tbody>${all.map(
    ({ name, in: place, required, schema, description }) =>
      html`<tr><td><code>${name}</code>${required ? '' : ' ?'}</td><td>${place}</td><td><code>${typeOf((schema ?? {}) as Node, schemas)}</code></td><td>${prose(String(description ?? ''))}</td></tr>
`,
  )}</tbody>
</table></div>`
}

/** An error is told in words alone: all are of one shape. */
function answer(status: string, given: Node, components: Node): Markup {
  const name = /^#\/components\/responses\/(.+)$/.exec(String(given.$ref ?? ''))?.[1]
  const response = name === undefined ? given : ((components.responses as Record<string, Node>)[name] ?? {})
  const isError = Number(status) >= 400
  const lines = String(response.description).split('\n\n')
  return html`<h4>${status}</h4>
${lines.map(line => html`<p class="${isError ? 'hint' : ''}">${prose(line)}</p>`)}
${isError || response.content === undefined ? '' : content(response, (components.schemas ?? {}) as Node)}`
}

function content(body: Node, schemas: Node): Markup {
  const types = Object.entries((body.content ?? {}) as Record<string, Node>)
  return html`${types.map(
    ([type, media]) => html`<p class="hint">${type}</p>
${fieldsTable((media.schema ?? {}) as Node, schemas)}
${examplesOf(media)}`,
  )}`
}

function examplesOf(media: Node): Markup {
  const examples = Object.values((media.examples ?? {}) as Record<string, Node>)
  return html`${examples.map(
    ({ summary, value }) =>
      html`<details><summary class="hint">${summary}</summary>${jsonBlock(value)}</details>`,
  )}${typeof media.example === 'string' ? html`<pre tabindex="0"><code>${media.example}</code></pre>` : ''}`
}
