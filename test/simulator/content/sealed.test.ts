import { createDecipheriv, createHmac } from 'node:crypto'
import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { describe, expect, it, vi } from 'vitest'
import type { Client } from '../baileys-client.ts'
import { silenceConsole } from '../silence-console.ts'
import { program } from '../start-program.ts'
import { startSimulator } from '../start-simulator.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34600000002'
const BOB = '34600000003'
const { MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type

async function scene(addressing: 'pn' | 'lid' = 'lid') {
  const world = await startSimulator()
  const { one } = await world.linked(SHOP)
  const [ana, bob] = [world.simulator.contact(ANA), world.simulator.contact(BOB)]
  const group = world.simulator.group('Orders', [ANA, BOB, SHOP], { addressing })
  const stanzas: { attrs: Record<string, string>; enc: Record<string, string> }[] = []
  one.socket!.ws.on('CB:message', ({ attrs, content }) => {
    const encs = content.filter(({ tag }: { tag: string }) => tag === 'enc')
    stanzas.push({ attrs, enc: encs.at(-1)?.attrs })
  })
  return { ...world, one, ana, bob, group, stanzas }
}

async function got(one: Client, id: string): Promise<WAMessage> {
  const found = () => one.upserts.find(({ message }) => message.key.id === id)
  return (await one.until(found, id)).message
}

/** By the table of the protocol alone: HKDF-SHA256 over a zero salt, then AES-256-GCM with the tag at the end. */
function open(
  sealed: { encPayload?: Uint8Array | null; encIv?: Uint8Array | null },
  secret: Uint8Array,
  info: string,
  aad?: string,
): Buffer {
  const prk = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  const key = createHmac('sha256', prk).update(`${info}\x01`).digest()
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.encIv!)
  if (aad) decipher.setAAD(Buffer.from(aad))
  decipher.setAuthTag(sealed.encPayload!.subarray(-16))
  return Buffer.concat([decipher.update(sealed.encPayload!.subarray(0, -16)), decipher.final()])
}

const secretOf = ({ message }: WAMessage) => message!.messageContextInfo!.messageSecret!

describe('a contact', () => {
  it.each(['pn', 'lid'] as const)('seals its edit under the %s of both', async addressing => {
    const { one, ana, stanzas } = await scene()
    const { id } = await ana.say(SHOP, 'frist', { addressing })
    const original = await got(one, id)
    expect(secretOf(original)).toHaveLength(32)
    const edit = await ana.sealed.edit(SHOP, id, 'first', { addressing })
    const { message, key } = await got(one, edit.id)
    const sealed = message!.secretEncryptedMessage!
    expect(key.id).not.toBe(id)
    expect(sealed.secretEncType).toBe(2)
    const { account } = ana
    const { id: pn, lid } = one.auth.creds.me!
    const shop = (addressing === 'lid' ? lid! : pn).replace(/:\d+/, '')
    expect(sealed.targetMessageKey).toMatchObject({ id, fromMe: true, remoteJid: shop })
    const name = addressing === 'lid' ? account.lidJid : account.jid
    const plain = open(sealed, secretOf(original), `${id}${name}${name}Message Edit`)
    expect(proto.Message.decode(plain).protocolMessage).toMatchObject({
      type: MESSAGE_EDIT,
      key: { id },
      editedMessage: { conversation: 'first' },
    })
    expect(stanzas.at(-1)).toMatchObject({ attrs: { edit: '1' }, enc: { 'decrypt-fail': 'hide' } })
    expect(stanzas[0]!.enc).not.toHaveProperty('decrypt-fail')
  })

  it('shows what was sealed to who may read it', async () => {
    const { ana, bob, group } = await scene()
    const { id } = await ana.say(group.jid, 'frist')
    await ana.sealed.edit(group.jid, id, 'first')
    await bob.sealed.edit(group.jid, id, 'hacked', { forged: true })
    await bob.sealed.react(group.jid, id, '👍')
    await ana.sealed.edit(group.jid, id, 'not me', { spoilt: { tampered: true } })
    expect(bob.view(group.jid).get(id)).toMatchObject({
      text: 'first',
      edited: true,
      reactions: { [BOB]: '👍' },
    })
    await expect(bob.sealed.edit(group.jid, id, 'mine')).rejects.toThrow('did not say')
  })

  it('adds what the protocol has to a message of a group, each under its label', async () => {
    const { one, ana, bob, group } = await scene()
    const event = await ana.say(group.jid, { eventMessage: { name: 'Fair', startTime: 1_800_000_000 } })
    const poll = await ana.say(group.jid, { poll: { name: 'Tea?', options: ['yes', 'no'] } })
    const secrets = { event: secretOf(await got(one, event.id)), poll: secretOf(await got(one, poll.id)) }
    const [a, b] = [ana.account.lidJid, bob.account.lidJid]

    const answer = (await got(one, (await bob.sealed.answer(group.jid, event.id, 'maybe')).id)).message!
    const response = answer.encEventResponseMessage!
    expect(response.eventCreationMessageKey).toMatchObject({ id: event.id, participant: a, fromMe: false })
    const plain = open(response, secrets.event, `${event.id}${a}${b}Event Response`, `${event.id}\0${b}`)
    expect(proto.Message.EventResponseMessage.decode(plain).response).toBe(3)

    const changed = (await got(one, (await ana.sealed.editEvent(group.jid, event.id, { name: 'Moved' })).id))
      .message!
    expect(changed.secretEncryptedMessage!.secretEncType).toBe(1)
    const moved = open(changed.secretEncryptedMessage!, secrets.event, `${event.id}${a}${a}Event Edit`)
    expect(proto.Message.decode(moved).eventMessage).toMatchObject({ name: 'Moved' })

    const other = await ana.sealed.editPoll(group.jid, poll.id, { poll: { name: 'Coffee?', options: ['a'] } })
    const edited = (await got(one, other.id)).message!.secretEncryptedMessage!
    expect(edited.secretEncType).toBe(4)
    const inside = proto.Message.decode(open(edited, secrets.poll, `${poll.id}${a}${a}Poll Edit`))
    expect(inside.pollCreationMessageV3).toMatchObject({ name: 'Coffee?' })

    for (const [asEdit, label] of [
      [false, 'Poll Add Option'],
      [true, 'Poll Edit'],
    ] as const) {
      const added = await bob.sealed.addOption(group.jid, poll.id, 'later', { asEdit })
      const option = (await got(one, added.id)).message!.secretEncryptedMessage!
      expect(option.secretEncType).toBe(5)
      const bytes = open(option, secrets.poll, `${poll.id}${a}${b}${label}`)
      // 121, length-delimited; its field 2 holds field 1, the name.
      expect([...bytes.subarray(0, 2)]).toEqual([0xca, 0x07])
      expect(bytes.toString('latin1')).toContain('\x12\x07\x0a\x05later')
    }

    const said = await one.socket!.sendMessage(group.jid, { text: 'from the shop' })
    await vi.waitFor(() => expect(bob.inbox.at(-1)?.id).toBe(said!.key.id))
    const secret = bob.inbox.at(-1)!.message.messageContextInfo!.messageSecret!
    const shop = one.auth.creds.me!.lid!.replace(/:\d+/, '')
    const id = said!.key.id!
    const reaction = (await got(one, (await bob.sealed.react(group.jid, id, '👍')).id)).message!
    const emoji = open(reaction.encReactionMessage!, secret, `${id}${shop}${b}Enc Reaction`)
    expect(proto.Message.ReactionMessage.decode(emoji)).toMatchObject({ text: '👍', key: null })
    const comment = (await got(one, (await bob.sealed.comment(group.jid, id, 'nice')).id)).message!
    const words = open(comment.encCommentMessage!, secret, `${id}${shop}${b}Enc Comment`)
    expect(proto.Message.decode(words).conversation).toBe('nice')
  })

  it('keeps the secret beside what it sent, not inside, for its own devices', async () => {
    const { simulator, one } = await scene()
    const { id } = await simulator.phone(SHOP).contact.say(ANA, 'from the phone')
    // Baileys keeps the inside alone.
    expect((await got(one, id)).message?.messageContextInfo ?? null).toBeNull()
  })

  it('spoils what it seals, and is late, on request', async () => {
    const { one, ana, stanzas } = await scene()
    const { id } = await ana.say(SHOP, 'frist', { at: 1_700_000_000_000 })
    const original = await got(one, id)
    expect(original.messageTimestamp).toBe(1_700_000_000)
    const jid = ana.account.jid
    const info = `${id}${jid}${jid}Message Edit`
    const sealedBy = async (options: Parameters<typeof ana.sealed.edit>[3]) => {
      const edit = await ana.sealed.edit(SHOP, id, 'first', options)
      return (await got(one, edit.id)).message!.secretEncryptedMessage!
    }
    expect((await sealedBy({ spoilt: { ivBytes: 16 } })).encIv).toHaveLength(16)
    const wrong = await sealedBy({ spoilt: { wrongSecret: true } })
    expect(() => open(wrong, secretOf(original), info)).toThrow()
    const tampered = await sealedBy({ spoilt: { tampered: true } })
    expect(() => open(tampered, secretOf(original), info)).toThrow()
    const mixed = await sealedBy({ authorAs: 'pn', sealedAs: 'lid', at: 1_700_000_840_000 })
    expect(() => open(mixed, secretOf(original), info)).toThrow()
    open(mixed, secretOf(original), `${id}${jid}${ana.account.lidJid}Message Edit`)
    expect(stanzas.at(-1)!.attrs.t).toBe('1700000840')
    expect((await sealedBy({ type: 3 })).secretEncType).toBe(3)
  })
})

describe('the admin API', () => {
  it('seals edits, reactions, comments, answers and what changes polls and events', async () => {
    const { call, client } = await program()
    const { json } = await call('POST', '/enroll', { pn: SHOP })
    const one = client(json.creds).connect()
    await one.open()
    const { jid } = (await call('POST', '/groups', { subject: 'Orders', members: [ANA, BOB, SHOP] })).json
    const said = await call('POST', `/contacts/${ANA}/say`, { to: jid, text: 'frist', at: 1_700_000_000_000 })
    const about = { to: jid, id: said.json.id }
    const event = await call('POST', `/contacts/${ANA}/say`, { to: jid, event: { name: 'Fair' } })
    const poll = await call('POST', `/contacts/${ANA}/say`, {
      to: jid,
      poll: { name: 'Tea?', options: ['a', 'b'] },
    })
    const made = { event: { to: jid, id: event.json.id }, poll: { to: jid, id: poll.json.id } }
    const kinds: [string, string, object, (message: proto.IMessage) => unknown][] = [
      [ANA, 'edit', { ...about, text: 'first', sealed: true }, m => m.secretEncryptedMessage?.secretEncType],
      [BOB, 'react', { ...about, emoji: '👍', sealed: true }, m => m.encReactionMessage],
      [BOB, 'comment', { ...about, text: 'nice' }, m => m.encCommentMessage],
      [BOB, 'answer', { ...made.event, response: 'going' }, m => m.encEventResponseMessage],
      [ANA, 'edit-event', { ...made.event, name: 'Moved' }, m => m.secretEncryptedMessage],
      [ANA, 'edit-poll', { ...made.poll, name: 'Coffee?', options: ['a'] }, m => m.secretEncryptedMessage],
      [BOB, 'add-option', { ...made.poll, option: 'c' }, m => m.secretEncryptedMessage],
    ]
    for (const [who, path, what, part] of kinds) {
      const answer = await call('POST', `/contacts/${who}/${path}`, what)
      expect(answer, path).toMatchObject({ status: 200 })
      expect(part((await got(one, answer.json.id)).message!), path).toBeTruthy()
    }
    const forged = { ...about, text: 'x', sealed: true }
    expect((await call('POST', `/contacts/${BOB}/edit`, forged)).status).toBe(409)
    const spoilt = { ...forged, forged: true, spoilt: { ivBytes: 16 } }
    const { json: edit } = await call('POST', `/contacts/${BOB}/edit`, spoilt)
    expect((await got(one, edit.id)).message!.secretEncryptedMessage!.encIv).toHaveLength(16)
  })
})
