import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Documentation, Packed } from '../ports/documentation.ts'
import { createOpenApi } from './document.ts'
import { readExamples } from './examples/read-examples.ts'
import { drawPage } from './page/page.ts'

/** The document, from the schemas that requests are checked with and answers are typed by, and its page. `version`: of the manager. */
export async function createDocumentation(version: string): Promise<Documentation> {
  const style = await readFile(new URL('page/docs.css', import.meta.url), 'utf8')
  const document = createOpenApi(version, await readExamples())
  const { page, policy } = drawPage(document, style)
  const [json, packed] = await Promise.all([pack(JSON.stringify(document)), pack(page)])
  return { json, page: packed, policy }
}

async function pack(text: string): Promise<Packed> {
  const plain = new TextEncoder().encode(text)
  return { plain, gzipped: new Uint8Array(await promisify(gzip)(plain, { level: 9 })) }
}
