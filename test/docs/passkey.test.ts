import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Authenticator } from '../../simulator/linking/passkey/authenticator.ts'

const guide = readFileSync('docs/passkey.md', 'utf8')
const snippet = /```js\n([\s\S]*?)```/.exec(guide)![1]!
const options = {
  challenge: '-_8BAgME',
  rpId: 'whatsapp.com',
  allowCredentials: [{ type: 'public-key', id: '-_8B' }],
}

interface Asked {
  publicKey: { challenge: Uint8Array; allowCredentials: { id: Uint8Array }[] }
}

/** Runs the snippet as the page's console would; `reach` stands for the manager. */
async function paste(text: string, reach: (init?: RequestInit) => Response) {
  const owner = new Authenticator()
  const lines: string[] = []
  const asked: Asked[] = []
  const buffer = (base64url: string) => new Uint8Array(Buffer.from(base64url, 'base64url')).buffer
  const navigator = {
    credentials: {
      async get(request: Asked) {
        asked.push(request)
        const challenge = Buffer.from(request.publicKey.challenge).toString('base64url')
        const { id, rawId, type, response } = owner.assert({ challenge }, 'https://web.whatsapp.com')
        const bytes = Object.entries(response).map(([name, value]) => [name, buffer(value!)])
        return { id, type, rawId: buffer(rawId), response: Object.fromEntries(bytes) }
      },
    },
  }
  const run = new Function('fetch', 'navigator', 'console', `return ${text.trim().slice(1)}`)
  const fetch = async (url: string, init?: RequestInit) => {
    expect(url).toBe('https://manager.test/passkey/t')
    return reach(init)
  }
  await run(fetch, navigator, { log: (line: string) => void lines.push(line) })
  const accepted = (json: string) => {
    const { assertion } = JSON.parse(json)
    const { rawId } = assertion
    return owner.problemOf(Buffer.from(rawId, 'base64url'), JSON.stringify(assertion), options.challenge)
  }
  return { lines, asked, accepted }
}

const withPage = (given = 'null') =>
  snippet.replace("'PAGE_URL', null", `'https://manager.test/passkey/t', ${given}`)

describe('the snippet of docs/passkey.md', () => {
  it('fetches the options and posts an assertion that WhatsApp takes', async () => {
    const posted: string[] = []
    const { lines, asked, accepted } = await paste(withPage(), init => {
      if (init === undefined) return Response.json({ success: true, options })
      expect(init.headers).toEqual({ 'content-type': 'application/json' })
      posted.push(String(init.body))
      return Response.json({ success: true, state: 'submitting' })
    })
    expect(Buffer.from(asked[0]!.publicKey.challenge).toString('base64url')).toBe(options.challenge)
    expect(Buffer.from(asked[0]!.publicKey.allowCredentials[0]!.id).toString('base64url')).toBe('-_8B')
    expect(accepted(posted[0]!)).toBeUndefined()
    expect(lines).toEqual(['Done: go back to the app.'])
  })

  it('prints the assertion where the page may not reach the manager', async () => {
    const { lines, accepted } = await paste(withPage(JSON.stringify(options)), () => {
      throw new TypeError('Failed to fetch')
    })
    expect(accepted(`{"assertion":${lines[0]!.split('\n')[1]}}`)).toBeUndefined()
  })

  it('says why the manager took nothing, and that a link is used up', async () => {
    const refused = await paste(withPage(JSON.stringify(options)), () =>
      Response.json({ success: false, message: 'It answers another challenge.' }, { status: 422 }),
    )
    expect(refused.lines).toEqual(['It answers another challenge.'])
    const gone = await paste(withPage(), () => Response.json({ success: false }, { status: 404 }))
    expect(gone.lines[0]).toMatch(/used up or has expired/)
  })
})
