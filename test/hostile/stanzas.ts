import type { BinaryNode } from '@whiskeysockets/baileys'
import { below, bytes, pick, type Random, text } from './random.ts'

/** What a server may begin a stanza with that ends no link by itself. */
const TAGS = [
  'message',
  'message',
  'message',
  'receipt',
  'receipt',
  'notification',
  'notification',
  'ack',
  'call',
  'iq',
  'ib',
  'presence',
  'chatstate',
  'status',
  'error',
  'info',
  'unheard-of',
]
const ATTRIBUTES = [
  'id',
  'id',
  'from',
  'from',
  'to',
  'type',
  'participant',
  't',
  'notify',
  'recipient',
  'sender_pn',
  'sender_lid',
  'participant_pn',
  'participant_lid',
  'peer_recipient_pn',
  'peer_recipient_lid',
  'addressing_mode',
  'offline',
  'category',
  'edit',
  'code',
  'class',
  'error',
  'phash',
  'count',
  'xmlns',
  'jid',
  'lid',
  'value',
  'name',
  'call-id',
  'call-creator',
  'display_name',
  'verified_name',
  'server_id',
  'hash',
  'author',
  'expiration',
  'stage',
  'backoff',
]
const TYPES = [
  'text',
  'media',
  'poll',
  'reaction',
  'w:gp2',
  'picture',
  'devices',
  'encrypt',
  'account_sync',
  'server_sync',
  'mediaretry',
  'newsletter',
  'mex',
  'contacts',
  'privacy_token',
  'business',
  'psa',
  'status',
  'retry',
  'read',
  'played',
  'sender',
  'inactive',
  'peer_msg',
  'hist_sync',
  'get',
  'set',
  'result',
  'error',
  'link_code_companion_reg',
  'companion_reg_refresh',
  'passkey_prologue_request',
  'crsc_continuation',
  'registration',
]
const CHILDREN = [
  'enc',
  'plaintext',
  'unavailable',
  'participants',
  'user',
  'list',
  'item',
  'retry',
  'registration',
  'keys',
  'identity',
  'skey',
  'key',
  'value',
  'id',
  'signature',
  'offer',
  'terminate',
  'accept',
  'relaylatency',
  'video',
  'audio',
  'add',
  'remove',
  'promote',
  'demote',
  'leave',
  'subject',
  'description',
  'body',
  'ephemeral',
  'not_ephemeral',
  'locked',
  'announcement',
  'create',
  'group',
  'participant',
  'invite',
  'set',
  'delete',
  'device',
  'device-list',
  'key-index-list',
  'count',
  'dirty',
  'offline_preview',
  'offline',
  'edge_routing',
  'routing_info',
  'thread_metadata',
  'link_code_companion_reg',
  'link_code_pairing_wrapped_primary_ephemeral_pub',
  'primary_identity_pub',
  'pair-device',
  'ref',
  'messages',
  'message',
  'live_updates',
  'tokens',
  'token',
  'collection',
  'patches',
  'patch',
  'update',
  'modify',
  'verified_name',
  'biz',
  'bot',
  'meta',
  'reporting',
  'error',
  'rmr',
  'encrypt',
  'enc_iv',
  'enc_p',
  'notice',
  'props',
  'prop',
  'urn:xmpp:ping',
  'ping',
  'crypto',
  'digest',
  'conflict',
]

/** A stanza as no server should send it: known words in wrong places, wrong types and lengths, at times very deep. */
export function stanza(random: Random, from: readonly string[]): BinaryNode {
  const node = { ...element(random, from, 0), tag: pick(random, TAGS) }
  const attrs = { ...node.attrs }
  if (random() < 0.8) attrs.from = pick(random, from)
  if (random() < 0.8) attrs.id = `H${below(random, 1e9).toString(16)}`
  if (random() < 0.7) attrs.type = pick(random, TYPES)
  if (random() < 0.5) attrs.t = String(1_790_000_000 + below(random, 1e6))
  // Deep enough to hurt who recurses, and not the encoder of this test.
  const content = random() < 0.003 ? [deep(800)] : node.content
  return { ...node, attrs, content }
}

function element(random: Random, from: readonly string[], depth: number): BinaryNode {
  const attrs: Record<string, string> = {}
  for (let i = below(random, 6); i > 0; i--) {
    const name = random() < 0.98 ? pick(random, ATTRIBUTES) : text(random).slice(0, 50) || 'x'
    const kind = random()
    if (name === '__proto__') continue
    attrs[name] = kind < 0.3 ? pick(random, from) : kind < 0.6 ? pick(random, TYPES) : text(random)
  }
  const tag = random() < 0.98 ? pick(random, CHILDREN) : text(random).slice(0, 50) || 'x'
  return { tag, attrs, content: contentOf(random, from, depth) }
}

function contentOf(random: Random, from: readonly string[], depth: number): BinaryNode['content'] {
  const kind = random()
  if (kind < 0.25 || depth > 4) return undefined
  if (kind < 0.4) return bytes(random, pick(random, [0, 1, 3, 16, 32, 33, 64, 300]))
  if (kind < 0.45) return text(random)
  return Array.from({ length: below(random, 4) }, () => element(random, from, depth + 1))
}

function deep(levels: number): BinaryNode {
  let node: BinaryNode = { tag: 'enc', attrs: {} }
  for (let i = 0; i < levels; i++) node = { tag: 'message', attrs: {}, content: [node] }
  return node
}
