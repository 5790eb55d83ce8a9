/** What a route takes, for callers who mean ill. */
export interface Target {
  method: 'GET' | 'POST' | 'DELETE'
  /** As the router spells it. */
  route: string
  /** Its fields with values that are as they should be; absent where it takes none. */
  body?: Record<string, unknown>
  /** Asked without a field it is right. */
  mayBeBare?: true
  /** Names of its query. */
  query?: string[]
}

const assertion = {
  rawId: 'AAAA',
  response: { clientDataJSON: 'AAAA', authenticatorData: 'AAAA', signature: 'AAAA' },
}
const phone_number = '34600000077'

/** Every route; test/http/fuzz.test.ts looks that none is missing. What changes something is tried on NOBODY, see requests.ts. */
export const TARGETS: Target[] = [
  {
    method: 'POST',
    route: '/start',
    body: { user_id: 'somebody-else', session_id: '', phone_number, metadata: { a: ['b', { c: 1 }] } },
  },
  {
    method: 'POST',
    route: '/send-message',
    body: {
      session_id: '',
      type: 'text',
      wa_id: phone_number,
      waId: phone_number,
      to: phone_number,
      phone: phone_number,
      body: 'hola https://a.example',
      mediaUrl: 'https://a.example/x.png',
      media_url: 'https://a.example/x.png',
      media_base64: 'iVBORw0KGgo=',
      mimetype: 'image/png',
      filename: 'x.png',
      caption: 'x',
      ptt: true,
      link_preview: { url: 'https://a.example', title: 'x', description: 'y', thumbnail_base64: '/9j/' },
      latitude: 1,
      longitude: 1,
      name: 'x',
      address: 'y',
      contacts: [{ name: 'x', phone: phone_number }],
      options: ['a', 'b'],
      select: 1,
      reply_to: '3EB0AAAA',
      mentions: [phone_number],
      typing: true,
      idempotency_key: 'k',
      client_ref: 'r',
      metadata: { a: ['b', { c: 1 }] },
    },
  },
  { method: 'GET', route: '/sessions', query: ['limit', 'after', 'state', 'user_id', 'q'] },
  { method: 'GET', route: '/sessions/:id' },
  { method: 'GET', route: '/session/:id' },
  { method: 'DELETE', route: '/sessions/:id' },
  { method: 'DELETE', route: '/session/:id' },
  { method: 'POST', route: '/delete-session', body: { session_id: '' } },
  { method: 'POST', route: '/sessions/:id/restart' },
  { method: 'POST', route: '/sessions/:id/logout' },
  { method: 'GET', route: '/sessions/:id/numbers/:phone' },
  { method: 'POST', route: '/sessions/:id/read', body: { message_ids: ['3EB0AAAA'] } },
  { method: 'POST', route: '/sessions/:id/presence', body: { presence: 'composing', chat_id: phone_number } },
  { method: 'GET', route: '/sessions/:id/chats/:chat_id/messages', query: ['limit', 'before'] },
  { method: 'GET', route: '/sessions/:id/qr', query: ['format'] },
  { method: 'GET', route: '/sessions/:id/pairing-code' },
  { method: 'POST', route: '/sessions/:id/pairing-code', body: { phone_number } },
  { method: 'GET', route: '/sessions/:id/passkey' },
  { method: 'POST', route: '/sessions/:id/passkey', body: { assertion } },
  { method: 'POST', route: '/sessions/:id/passkey/confirm' },
  { method: 'DELETE', route: '/sessions/:id/passkey' },
  { method: 'GET', route: '/passkey/:token' },
  { method: 'POST', route: '/passkey/:token', body: { assertion } },
  { method: 'GET', route: '/events', query: ['after'] },
  { method: 'GET', route: '/inspect', query: ['session_id'] },
  { method: 'GET', route: '/metrics' },
  { method: 'GET', route: '/sessions/:id/events', query: ['limit', 'after'] },
  { method: 'GET', route: '/sessions/:id/at/:seq' },
  { method: 'GET', route: '/sessions/:id/messages/:message_id' },
  { method: 'GET', route: '/deliveries', query: ['state', 'session_id', 'limit', 'before'] },
  { method: 'GET', route: '/deliveries/dead', query: ['session_id', 'limit', 'before'] },
  { method: 'GET', route: '/deliveries/:id' },
  { method: 'POST', route: '/deliveries/retry', body: { session_id: 's1' }, mayBeBare: true },
  { method: 'POST', route: '/deliveries/:id/redrive' },
  { method: 'POST', route: '/sessions/:id/replay', body: { after: 0, until: 5 } },
  { method: 'GET', route: '/media/:id', query: ['signature', 'expires'] },
  { method: 'GET', route: '/' },
  { method: 'GET', route: '/dashboard/*', query: ['id', 'after'] },
  { method: 'GET', route: '/openapi.json' },
  { method: 'GET', route: '/docs' },
  { method: 'GET', route: '/login', query: ['next'] },
  { method: 'POST', route: '/login' },
  { method: 'DELETE', route: '/login' },
  { method: 'GET', route: '/stats', query: ['by_state'] },
  { method: 'GET', route: '/laravel/check' },
  { method: 'GET', route: '/health' },
  { method: 'GET', route: '/health/live' },
  { method: 'GET', route: '/health/ready' },
]
