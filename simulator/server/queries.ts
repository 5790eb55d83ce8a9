import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import type { Fault } from '../faults/table.ts'
import { groupNode } from '../groups/group.ts'
import { MAX_MEDIA_BYTES } from '../media/host.ts'
import { sendHistory } from '../phones/history.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, children, result, SERVER, stanza } from '../protocol/stanza.ts'
import { bundleNodes, readPreKey, readSignedPreKey } from '../signal/key-bundle.ts'
import { tellDevice, type World } from '../world.ts'
import { answerAppState } from './app-state.ts'
import { takeClean } from './dirty.ts'
import { announceKept } from './offline-batches.ts'
import { endUnacked } from './unacked.ts'
import { answerUsync } from './usync.ts'

type Asked = {
  world: World
  connection: Connection
  device: Device
  iq: BinaryNode
  query: BinaryNode | undefined
}

/** Answers a linked device's iq; false when nothing is known about it and it got an empty result. */
export function answerQuery(world: World, connection: Connection, device: Device, iq: BinaryNode): boolean {
  const query = children(iq)[0]
  const names = [iq.attrs.xmlns, `${iq.attrs.xmlns}/${query?.tag ?? ''}`]
  const isMeant = (fault: Fault) => fault.query === undefined || names.includes(fault.query)
  if (world.faults.take('unanswered', device, isMeant)) return true
  const refusal = world.faults.take('query-error', device, isMeant)
  if (refusal) {
    sendError(connection, iq, Number(refusal.code), 'refused')
    return true
  }
  const asked = { world, connection, device, iq, query }
  const answer = ANSWERS[`${iq.attrs.xmlns}/${query?.tag ?? ''}`] ?? ANSWERS[iq.attrs.xmlns ?? '']
  if (answer) answer(asked)
  else connection.send(result(iq))
  return answer !== undefined
}

const empty = ({ connection, iq }: Asked) => connection.send(result(iq))

/** By `xmlns/first child`, or by xmlns alone when the child does not matter. */
const ANSWERS: Record<string, (asked: Asked) => void> = {
  'encrypt/count': ({ connection, device, iq }) => {
    connection.send(result(iq, stanza('count', { value: device.claimedPreKeys + device.preKeys.length })))
  },
  'encrypt/registration': ({ connection, device, iq }) => {
    for (const key of children(child(iq, 'list'))) device.preKeys.push(readPreKey(key))
    device.registration.signedPreKey = readSignedPreKey(child(iq, 'skey'))
    connection.send(result(iq))
  },
  'encrypt/rotate': ({ connection, device, iq, query }) => {
    device.registration.signedPreKey = readSignedPreKey(child(query, 'skey'))
    connection.send(result(iq))
  },
  'encrypt/digest': ({ connection, iq }) => connection.send(result(iq, stanza('digest'))),
  'encrypt/key': answerBundles,
  passive: ({ world, connection, device, iq, query }) => {
    connection.send(result(iq))
    if (query?.tag !== 'active' || connection.ready) return
    announceKept(world, connection, device)
    connection.ready = true
    if (world.options.history && !device.historySent) world.background(sendHistory(world, device))
  },
  abt: ({ connection, iq }) =>
    connection.send(result(iq, stanza('props', { hash: 'simulator', refresh: 86_400 }))),
  blocklist: ({ connection, iq }) => connection.send(result(iq, stanza('list'))),
  'privacy/privacy': ({ connection, device, iq, query }) => {
    const { privacy } = device.account
    if (iq.attrs.type === 'set')
      for (const { attrs } of children(query)) privacy.set(attrs.name ?? '', attrs.value ?? 'all')
    const names = ['readreceipts', 'last', 'online', 'profile', 'status', 'groupadd', 'calladd']
    const categories = names.map(name => stanza('category', { name, value: privacy.get(name) ?? 'all' }))
    connection.send(result(iq, stanza('privacy', {}, categories)))
  },
  'privacy/tokens': ({ connection, device, iq, query }) => {
    for (const { attrs } of children(query))
      if (attrs.type === 'trusted_contact')
        device.account.firstContacts.issued.push({ jid: attrs.jid ?? '', t: attrs.t ?? '' })
    connection.send(result(iq))
  },
  usync: ({ world, connection, device, iq }) => {
    const answer = answerUsync(world, device, iq)
    if (answer) connection.send(answer)
  },
  'w:sync:app:state': ({ connection, device, iq, query }) =>
    connection.send(result(iq, answerAppState(device, query))),
  'w:m/media_conn': ({ world, connection, iq }) => {
    const { auth, host } = world.media
    const hosts = [stanza('host', { hostname: host, maxContentLengthBytes: MAX_MEDIA_BYTES })]
    connection.send(
      result(iq, stanza('media_conn', { auth, ttl: 3600, auth_ttl: 3600, max_buckets: 12 }, hosts)),
    )
  },
  'w:p': ({ world, connection, device, iq }) => {
    if (!endUnacked(world, connection, device)) connection.send(result(iq))
  },
  'w:stats': empty,
  'urn:xmpp:whatsapp:dirty': ({ world, connection, device, iq }) => {
    takeClean(world, device, iq)
    connection.send(result(iq))
  },
  status: empty,
  'w:g2/query': ({ world, connection, device, iq }) => {
    const group = world.groups.get(iq.attrs.to ?? '')
    if (group?.accounts.has(device.account)) connection.send(result(iq, groupNode(group)))
    else if (group) sendError(connection, iq, 403, 'forbidden')
    else sendError(connection, iq, 404, 'item-not-found')
  },
  'w:g2/participating': ({ world, connection, device, iq }) => {
    const own = [...world.groups.values()].filter(({ accounts }) => accounts.has(device.account))
    connection.send(result(iq, stanza('groups', {}, own.map(groupNode))))
  },
  'w:profile:picture': ({ connection, iq }) => sendError(connection, iq, 404, 'item-not-found'),
  'md/remove-companion-device': ({ world, connection, device, iq }) => {
    device.account.remove(device)
    connection.send(result(iq))
    tellDevice(world, device, 'removed')
  },
}

function sendError(connection: Connection, iq: BinaryNode, code: number, text: string) {
  const error = stanza('error', { code, text })
  connection.send(stanza('iq', { from: iq.attrs.to ?? SERVER, type: 'error', id: iq.attrs.id }, [error]))
}

function answerBundles({ world, connection, device, iq, query }: Asked) {
  const withoutKeys = world.faults.take('no-one-time-keys', device) !== undefined
  const users = children(query).map(({ attrs: { jid } }) => {
    const found = world.accounts.resolve(jid)
    const companion = found && found.device > 0 ? found.account.devices.get(found.device) : undefined
    const bundle = found?.device === 0 ? found.account.signal.bundle() : companion?.takeBundle()
    if (!bundle) return stanza('user', { jid }, [stanza('error', { code: 404, text: 'item-not-found' })])
    const { preKey, ...rest } = bundle
    return stanza('user', { jid }, bundleNodes(withoutKeys ? rest : bundle))
  })
  connection.send(result(iq, stanza('list', {}, users)))
}
