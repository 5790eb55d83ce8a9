import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mediaOf } from '../../../simulator/content/media.ts'
import { wire } from '../../../simulator/content/wire.ts'
import { downloaded, messageOf, trusting } from '../media-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { children, program } from '../start-program.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const JID = `${ANA}@s.whatsapp.net`

async function folder() {
  const made = await mkdtemp(join(tmpdir(), 'media-test-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

async function linked() {
  const { call, client, started } = await program()
  const trust = trusting({ ca: started.mediaCa })
  const { json } = await call('POST', '/enroll', { pn: SHOP })
  const one = client(json.creds, trust.config).connect()
  await one.open()
  return { call, started, one, trust }
}

describe('media over HTTP', () => {
  it('may be seen once, come in two qualities, or be written by number', async () => {
    const { call, one } = await linked()
    const say = async (about: object) =>
      (await call('POST', `/contacts/${ANA}/say`, { to: SHOP, ...about })).json.id as string
    const media = { kind: 'image', base64: randomBytes(100).toString('base64') }
    const once = await say({ media: { ...media, viewOnce: true }, viewOnce: 'copy' })
    expect((await messageOf(one, once)).message).toHaveProperty('viewOnceMessageV2')
    const sd = await say({ media, parentOf: 'hd-image' })
    const hd = await say({ media, childOf: { id: sd, as: 'hd-image' } })
    const { messageContextInfo } = (await messageOf(one, hd)).message!
    expect(messageContextInfo?.messageAssociation?.parentMessageKey?.id).toBe(sd)
    const raw = Buffer.from(wire({ 1: 'words', 140: 'more' })).toString('base64')
    await say({ raw, stanzaType: 'poll', meta: { polltype: 'creation' } })
    await one.upsert('words')
  })

  it('are sent from base64 and from a file, and those of a device are downloaded', async () => {
    const { call, started, one, trust } = await linked()
    const file = randomBytes(3_000)
    const media = { kind: 'image', base64: file.toString('base64'), caption: 'look' }
    const said = await call('POST', `/contacts/${ANA}/say`, { to: SHOP, media })
    const message = await messageOf(one, said.json.id)
    expect(message.message?.imageMessage?.caption).toBe('look')
    expect(await downloaded(message, trust)).toEqual(file)
    const path = join(await folder(), 'voice.ogg')
    await writeFile(path, file)
    const voice = { kind: 'audio', path, ptt: true, seconds: 2, waveform: 'AAEC' }
    const spoken = await call('POST', `/contacts/${ANA}/say`, { to: SHOP, media: voice })
    const heard = await messageOf(one, spoken.json.id)
    expect(heard.message?.audioMessage).toMatchObject({ ptt: true, seconds: 2 })
    expect(await downloaded(heard, trust)).toEqual(file)

    const sent = await one.socket!.sendMessage(JID, { document: file, mimetype: 'text/csv', fileName: 'a' })
    const id = sent!.key.id!
    const inbox = await call('GET', `/contacts/${ANA}/inbox?wait=10000`)
    const about = { kind: 'document', mimetype: 'text/csv', size: file.length }
    expect(inbox.json).toMatchObject([{ id, media: about }])
    const fetched = await fetch(`${started.admin}/contacts/${ANA}/media/${id}`)
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(file)
    expect((await call('GET', `/contacts/${ANA}/media/NOSUCH`)).status).toBe(404)
    expect((await call('POST', `/contacts/${ANA}/played`, { id })).status).toBe(204)
    await one.until(() => one.statuses(id).includes(5), 'played')
  })

  it('are refused when too large, given twice, missing or empty', async () => {
    const { call } = await program()
    await call('POST', '/enroll', { pn: SHOP })
    const say = async (content: object) => {
      const { status, json } = await call('POST', `/contacts/${ANA}/say`, { to: SHOP, ...content })
      return `${status} ${json.error}`
    }
    const path = join(await folder(), 'large')
    await writeFile(path, '')
    await truncate(path, 100 * 1024 * 1024 + 1)
    const large = Buffer.alloc(16 * 1024 * 1024 + 1).toString('base64')
    expect(await say({ media: { kind: 'image', path } })).toMatch(/^409 \d+ bytes are more than/)
    expect(await say({ media: { kind: 'image', base64: large } })).toMatch(/^409 \d+ bytes are more than/)
    expect(await say({ media: { kind: 'image', base64: `${large}${large}` } })).toBe('413 too large')
    expect(await say({ media: { kind: 'image', path: `${path}.gone` } })).toMatch(/^409 ENOENT/)
    expect(await say({ media: { kind: 'image', path, base64: '' } })).toMatch(/^400 .*either base64 or path/)
    expect(await say({ media: { kind: 'gif', path } })).toMatch(/^400/)
    expect(await say({ text: 'x', poll: { name: 'x', options: ['y'] } })).toMatch(/^400 .*one of text/)
    expect(await say({})).toMatch(/^400 .*one of text/)
  })

  it('fail, and are uploaded again, as asked', async () => {
    const { call, one, trust } = await linked()
    const file = randomBytes(100)
    const media = { kind: 'video', base64: file.toString('base64') }
    const message = await messageOf(
      one,
      (await call('POST', `/contacts/${ANA}/say`, { to: SHOP, media })).json.id,
    )
    await call('POST', '/media/faults', { kind: 'status', status: 500, on: 'download', times: 1 })
    await expect(downloaded(message, trust)).rejects.toThrow('Failed to fetch')
    expect(await downloaded(message, trust)).toEqual(file)
    expect((await call('GET', '/media')).json).toMatchObject({ faultsMet: 1 })
    await call('POST', '/media/faults', { kind: 'status', status: 410 })
    expect((await call('DELETE', '/media/faults?kind=status')).status).toBe(204)
    await one.socket!.refreshMediaConn()
    const updated = await one.socket!.updateMediaMessage(message)
    expect(await downloaded(updated, trust)).toEqual(file)
    expect((await call('PATCH', `/phones/${SHOP}`, { reuploads: 'not-found' })).status).toBe(204)
    await expect(one.socket!.updateMediaMessage(message)).rejects.toThrow('NOT_FOUND')
    const path = encodeURIComponent(mediaOf(updated.message)!.media.directPath!)
    expect((await call('DELETE', `/media/files?path=${path}`)).status).toBe(204)
    await expect(downloaded(updated, trust)).rejects.toThrow('Failed to fetch')
    expect((await call('DELETE', '/media/files?path=/v/none')).status).toBe(404)
    expect((await call('POST', '/media/faults', { kind: 'flood' })).status).toBe(400)
  })

  it('need nothing in a client process but NODE_EXTRA_CA_CERTS', async () => {
    const ca = join(await folder(), 'ca.pem')
    const { started } = await program('--media-ca', ca)
    expect(await readFile(ca, 'utf8')).toBe(started.mediaCa)
    const code = `
      import { request } from 'node:https'
      const { host } = process.env
      const viaFetch = await fetch('https://' + host + '/v/none').then(({ status }) => status, () => 'refused')
      const viaHttps = await new Promise(resolve => {
        request('https://' + host + '/mms/image/x', { method: 'POST' }, ({ statusCode }) => resolve(statusCode))
          .on('error', () => resolve('refused')).end()
      })
      process.stdout.write(viaFetch + ' ' + viaHttps)`
    const run = async (env: NodeJS.ProcessEnv) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, host: started.mediaHost, ...env },
      })
      children.push(child)
      let output = ''
      child.stdout.on('data', data => {
        output += data
      })
      await once(child, 'close')
      return output
    }
    expect(await run({ NODE_EXTRA_CA_CERTS: ca })).toBe('404 401')
    expect(await run({})).toBe('refused refused')
  })
})

describe('chats over HTTP', () => {
  it('begin with a pairing code', async () => {
    const { call, client } = await program()
    const one = client().connect()
    await one.qr()
    const code = await one.socket!.requestPairingCode(SHOP)
    const wrong = code === 'AAAAAAAA' ? 'BBBBBBBB' : 'AAAAAAAA'
    expect(await call('POST', `/phones/${SHOP}/code`, { code: wrong })).toMatchObject({
      status: 409,
      json: { error: 'the code is wrong' },
    })
    const done = await call('POST', `/phones/${SHOP}/code`, { code, name: 'Shop' })
    expect(done).toMatchObject({ status: 200, json: { jid: `${SHOP}:1@s.whatsapp.net` } })
    expect(await one.closed()).toBe(515)
    await one.connect().open()
  })

  it('are edited, deleted and reacted to, and shown as a person sees them', async () => {
    const { call, one } = await linked()
    const about = async (what: string, content: object) =>
      (await call('POST', `/contacts/${ANA}/${what}`, { to: SHOP, ...content })).json
    const { id } = await about('say', { text: 'frist' })
    const gone = await about('say', { text: 'gone' })
    const poll = await about('say', { poll: { name: 'Which?', options: ['a', 'b'] } })
    await about('edit', { id, text: 'first' })
    await about('revoke', { id: gone.id })
    await about('react', { id, emoji: '👍' })
    await about('vote', { id: poll.id, answers: ['b'] })
    const view = await call('GET', `/contacts/${ANA}/view?chat=${SHOP}`)
    expect(view.json).toEqual([
      { id, from: ANA, text: 'first', edited: true, deleted: false, reactions: { [ANA]: '👍' }, votes: {} },
      { id: gone.id, from: ANA, text: '', edited: false, deleted: true, reactions: {}, votes: {} },
      {
        id: poll.id,
        from: ANA,
        text: '',
        edited: false,
        deleted: false,
        reactions: {},
        votes: { [ANA]: ['b'] },
      },
    ])
    expect((await about('edit', { id: 'NOSUCH', text: 'x' })).error).toMatch('no message NOSUCH')
    await one.socket!.sendPresenceUpdate('composing', JID)
    await one.socket!.sendMessage(JID, { text: 'after typing' })
    await call('GET', `/contacts/${ANA}/inbox?wait=10000`)
    expect((await call('GET', `/contacts/${ANA}/presences`)).json).toMatchObject([
      { from: SHOP, state: 'composing', group: null },
    ])
    const shown = new Promise(resolve => one.socket!.ev.on('presence.update', resolve))
    expect((await call('POST', `/contacts/${ANA}/presence`, { to: SHOP, state: 'recording' })).status).toBe(
      204,
    )
    expect(await shown).toEqual({ id: JID, presences: { [JID]: { lastKnownPresence: 'recording' } } })
    expect((await call('GET', '/ledger')).json).toMatchObject({ unanswered: [], errors: [] })
  })
})
