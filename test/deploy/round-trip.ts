/**
 * What the image must do, asked from within a container of deploy/compose.simulator.yaml; ends with 0, or with what was wrong:
 * docker compose -f deploy/compose.simulator.yaml exec -T manager node --input-type=module-typescript < test/deploy/round-trip.ts
 */
import assert from 'node:assert/strict'
import sharp from 'sharp'

const MANAGER = 'http://127.0.0.1:3000'
const PHONES = 'http://127.0.0.1:3001'
const SHOP = '34600000001'
const ANA = '34600000011'
const FOR_MS = 30_000

interface Answer {
  qr: string
  session: { state: string }
  messages: { body: string | null; chat_id: string }[]
  message_id: string
}

async function fetched(url: string, body?: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(
    url,
    body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) },
  )
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer
}

const ask = async (path: string, body?: unknown): Promise<Answer> =>
  (await fetched(`${MANAGER}${path}`, body)).json() as Promise<Answer>

/** The first answer that is not undefined. */
async function once<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + FOR_MS; ; await new Promise(go => setTimeout(go, 100))) {
    const found = await look().catch(error => {
      if (Date.now() > end) throw error
    })
    if (found !== undefined) return found
    assert(Date.now() < end, `waited for ${look}`)
  }
}

/** A second of a tone. */
function wav(): Buffer {
  const rate = 16_000
  const sound = Buffer.alloc(2 * rate)
  for (let n = 0; n < rate; n++) sound.writeInt16LE(Math.round(8_000 * Math.sin(n / 5)), 2 * n)
  const head = Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1')
  const form = Buffer.alloc(20)
  head.writeUInt32LE(36 + sound.length, 4)
  form.writeUInt32LE(rate, 0)
  form.writeUInt32LE(2 * rate, 4)
  form.writeUInt32LE(0x0010_0002, 8)
  form.write('data', 12, 'latin1')
  form.writeUInt32LE(sound.length, 16)
  return Buffer.concat([head, form, sound])
}

const frames = Buffer.concat(
  [0, 120, 240].map(red => Buffer.alloc(60 * 40 * 4, Buffer.from([red, 0, 0, 255]))),
)
const raw = { width: 60, height: 120, channels: 4, pageHeight: 40 } as const
const gif = await sharp(frames, { raw }).gif({ delay: 100 }).toBuffer()

await ask(`/start`, { user_id: 1, session_id: 'shop' })
const qr = await once(() => ask(`/sessions/shop/qr?format=json`))
await fetched(`${PHONES}/phones/${SHOP}/scan`, qr)
await once(async () => (await ask(`/sessions/shop`)).session.state === 'open' || undefined)

await fetched(`${PHONES}/contacts/${ANA}/say`, { to: SHOP, text: 'hello' })
const heard = await once(async () => {
  const { messages } = await ask(`/sessions/shop/chats/${ANA}/messages`)
  return messages.find(({ body }) => body === 'hello')
})
const chat = { session_id: 'shop', wa_id: heard.chat_id }
await ask(`/send-message`, { ...chat, type: 'text', body: 'hello yourself' })

const files = [
  [{ type: 'audio' }, wav(), 'OggS'],
  [{ type: 'audio', ptt: false }, wav(), 'ID3'],
  [{ type: 'gif' }, gif, 'ftyp'],
  [{ type: 'sticker' }, gif, 'WEBP'],
  [{ type: 'image' }, gif, '\xff\xd8\xff'],
] as const
for (const [kind, bytes, magic] of files) {
  const { message_id } = await ask(`/send-message`, {
    ...chat,
    ...kind,
    media_base64: bytes.toString('base64'),
  })
  const got = await once(async () =>
    (await fetched(`${PHONES}/contacts/${ANA}/media/${message_id}`)).arrayBuffer(),
  )
  assert(
    Buffer.from(got).subarray(0, 16).includes(magic, 0, 'latin1'),
    `${JSON.stringify(kind)} is no ${magic}`,
  )
}
process.stdout.write(`there and back, and ${files.length} files in WhatsApp's formats\n`)
