import { describe, expect, it } from 'vitest'
import { compareRecords, type Finding, passes } from '../../chaos/compare-records.ts'
import type { Post, Records, Said, Send } from '../../chaos/records.ts'
import { table, troubles } from '../../chaos/report.ts'

const SESSION = '34610000000'
const [ANA, BEA] = ['34620000000', '34630000000'] as const
const NOON = Date.UTC(2026, 0, 1, 12)

function line(contact: string, n: number): Said {
  return {
    session: SESSION,
    chat: contact,
    contact,
    n,
    id: `IN-${contact}-${n}`,
    text: `text ${n}`,
    at: NOON + n,
  }
}

function post({ session, contact, id, text, at }: Said, changes: Partial<Post> = {}): Post {
  return {
    session,
    id,
    webhookId: `w.${id}`,
    from: contact,
    text,
    at: at + 5,
    treatment: 'taken',
    ...changes,
  }
}

function send(contact: string, n: number, changes: Partial<Send> = {}): Send {
  const name = `OUT-${contact}-${n}`
  return {
    ...{
      session: SESSION,
      chat: contact,
      readers: [contact],
      key: `key ${name}`,
      text: `tells ${name}`,
      at: NOON + n,
      requests: 1,
    },
    ...{ outcome: 'sent', id: name, answered: n },
    ...changes,
  }
}

const arrival = ({ readers, session, id, text, at }: Send) => ({
  contact: readers[0]!,
  session,
  id: id!,
  text,
  at: at + 9,
})

/** Two chats, three texts each way, nothing wrong; then what the test does to it. */
function records(change: (records: Records) => void = () => {}): Records {
  const said = [ANA, BEA].flatMap(contact => [0, 1, 2].map(n => line(contact, n)))
  const sends = [ANA, BEA].flatMap((contact, i) =>
    [0, 1, 2].map(n => send(contact, n, { answered: 3 * i + n })),
  )
  const good: Records = {
    said,
    acknowledged: said.map(({ session, id, at }) => ({ session, id, at: at + 2, error: null })),
    posts: said.map(one => post(one)),
    sends,
    arrived: sends.map(arrival),
    processRuns: [{ round: 4, from: NOON, to: NOON + 1000, end: 'SIGKILL before the POST' }],
    pending: 0,
    qrs: 0,
    troubles: [],
    late: [],
    reasons: [],
    askedAgain: 0,
    struck: false,
  }
  change(good)
  return good
}

const find = (findings: Finding[], direction: Finding['direction'], name: string) =>
  findings.find(finding => finding.direction === direction && finding.name === name)!

/** The lines that are not as they must be, `direction name: count`. */
function wrong(change: (records: Records) => void): string[] {
  const findings = compareRecords(records(change))
  const found = findings.filter(({ wanted, count }) => wanted !== null && count !== wanted)
  expect(passes(findings)).toBe(found.length === 0)
  return found.map(({ direction, name, count }) => `${direction} ${name}: ${count}`)
}

it('the comparison finds nothing where nothing is wrong', () => {
  const findings = compareRecords(records())
  expect(wrong(() => {})).toEqual([])
  expect(find(findings, 'in', 'said by contacts').count).toBe(6)
  expect(find(findings, 'in', 'delivered to Laravel').count).toBe(6)
  expect(find(findings, 'out', 'decrypted by contacts').count).toBe(6)
  expect(table('title', findings)).not.toContain('WRONG')
  expect(troubles(findings)).toBe('')
})

describe('in what contacts sent, the comparison finds', () => {
  it.each<[string, (records: Records) => void, string[]]>([
    [
      'a lost one that was acknowledged',
      b => b.posts.splice(2, 1),
      ['in lost: 1', 'in of these, acknowledged before: 1'],
    ],
    [
      'a lost one that never was',
      b => {
        b.posts.splice(0, 1)
        b.acknowledged.splice(0, 1)
      },
      ['in lost: 1'],
    ],
    [
      'one that the device refused',
      b => {
        b.posts.splice(0, 1)
        b.acknowledged[0]!.error = '500'
      },
      ['in lost: 1'],
    ],
    [
      'one that Laravel saw and did not take',
      b => {
        b.posts[1]!.treatment = 'HTTP 500'
      },
      ['in lost: 1', 'in of these, acknowledged before: 1'],
    ],
    [
      'one that reached another session only',
      b => {
        b.posts[1]!.session = '34619999999'
      },
      ['in lost: 1', 'in of these, acknowledged before: 1', 'in that nobody said: 1'],
    ],
    [
      'a second webhook-id for one message',
      b => b.posts.push(post(b.said[0]!, { webhookId: 'another' })),
      ['in twice after dedupe by webhook-id: 1'],
    ],
    [
      'two that swapped places',
      b => {
        ;[b.posts[0], b.posts[1]] = [b.posts[1]!, b.posts[0]!]
      },
      ['in out of order in their chat: 1'],
    ],
    [
      'one that came after both that belong behind it',
      b => b.posts.push(b.posts.shift()!),
      ['in out of order in their chat: 1'],
    ],
    [
      'an altered text',
      b => {
        b.posts[0]!.text = ''
      },
      ['in with another text or author: 1'],
    ],
    [
      'a text under another name',
      b => {
        b.posts[0]!.from = BEA
      },
      ['in with another text or author: 1'],
    ],
    [
      'a text without an author',
      b => {
        b.posts[0]!.from = null
      },
      ['in with another text or author: 1'],
    ],
    ['one that nobody said', b => b.posts.push(post(line(ANA, 9))), ['in that nobody said: 1']],
  ])('%s', (_, change, expected) => {
    expect(wrong(change)).toEqual(expected)
  })

  it('raw duplicates, which are no fault', () => {
    const findings = compareRecords(
      records(b => b.posts.push(post(b.said[0]!), post(b.said[0]!), post(b.said[4]!))),
    )
    expect(find(findings, 'in', 'raw duplicates')).toMatchObject({ count: 3, wanted: null })
    expect(passes(findings)).toBe(true)
  })

  it('no fault in a retry that was taken after it failed, and none between chats', () => {
    const change = (b: Records) => {
      b.posts.unshift(post(b.said[0]!, { treatment: 'reset' }), post(b.said[0]!, { treatment: 'HTTP 503' }))
      b.posts.push(...b.posts.splice(2, 3))
    }
    expect(wrong(change)).toEqual([])
    expect(find(compareRecords(records(change)), 'in', 'POSTs that Laravel failed').count).toBe(2)
  })

  it('what contacts cannot decrypt, unless faults struck', () => {
    expect(wrong(one => (one.askedAgain = 2))).toEqual(['out asked for again by the contact: 2'])
    expect(wrong(one => Object.assign(one, { askedAgain: 2, struck: true }))).toEqual([])
  })

  it('a duplicate that comes late, and does not count it as out of order', () => {
    expect(wrong(b => b.posts.splice(2, 0, post(b.said[0]!, { treatment: 'taken slowly' })))).toEqual([])
  })

  it('acknowledgements of messages that no contact sent, and counts none of them', () => {
    const more = records(b => b.acknowledged.push({ session: SESSION, id: 'peer', at: NOON, error: null }))
    expect(find(compareRecords(more), 'in', 'acknowledged by the device').count).toBe(6)
  })
})

describe('in what Laravel sent, the comparison finds', () => {
  it.each<[string, (records: Records) => void, string[]]>([
    ['a lost one', b => b.arrived.splice(0, 1), ['out lost: 1']],
    [
      'one that reached another contact',
      b => {
        b.arrived[0]!.contact = '34629999999'
      },
      ['out lost: 1', 'out that nobody asked for: 1'],
    ],
    [
      'one text under two ids',
      b => b.arrived.push({ ...b.arrived[0]!, id: 'OTHER' }),
      ['out under two ids: 1', 'out that nobody asked for: 1'],
    ],
    [
      'a promised id that came with the text of another',
      b => {
        b.arrived[0]!.text = b.arrived[1]!.text
      },
      ['out under two ids: 1', 'out with another text or sender: 1', 'out that nobody asked for: 1'],
    ],
    [
      'one sent by another session',
      b => {
        b.arrived[0]!.session = '34619999999'
      },
      ['out with another text or sender: 1'],
    ],
    [
      'two that swapped places',
      b => {
        ;[b.arrived[0], b.arrived[1]] = [b.arrived[1]!, b.arrived[0]!]
      },
      ['out out of order in their chat: 1'],
    ],
    [
      'one that nobody asked for',
      b => b.arrived.push({ ...b.arrived[0]!, id: 'OTHER', text: 'never asked' }),
      ['out that nobody asked for: 1'],
    ],
    [
      'one that was refused, and came nevertheless',
      b => Object.assign(b.sends[0]!, { outcome: 'refused', id: null, answered: -1 }),
      ['out that nobody asked for: 1', 'out refused: 1'],
    ],
    [
      'two promises of one id',
      b => {
        b.sends[1]!.id = b.sends[0]!.id
      },
      ['out that share an id: 1', 'out with another text or sender: 1', 'out that nobody asked for: 1'],
    ],
  ])('%s', (_, change, expected) => {
    expect(wrong(change)).toEqual(expected)
  })

  it('one of a group that did not reach everybody, or in another order', () => {
    const inGroup = (b: Records) => {
      b.sends = [0, 1].map(n => send('g', n, { chat: 'g@g.us', readers: [ANA, BEA] }))
      b.arrived = [ANA, BEA].flatMap(contact => b.sends.map(one => ({ ...arrival(one), contact })))
    }
    expect(wrong(inGroup)).toEqual([])
    expect(
      wrong(b => {
        inGroup(b)
        b.arrived.pop()
      }),
    ).toEqual(['out lost: 1'])
    expect(
      wrong(b => {
        inGroup(b)
        b.arrived.push(b.arrived.splice(2, 1)[0]!)
      }),
    ).toEqual(['out out of order in their chat: 1'])
  })

  it('resends under one id, which are no fault', () => {
    const findings = compareRecords(records(b => b.arrived.push(b.arrived[0]!, b.arrived[0]!)))
    expect(find(findings, 'out', 'resent under the same id')).toMatchObject({ count: 2, wanted: null })
    expect(passes(findings)).toBe(true)
  })

  it('one that was never answered: it may have come, once', () => {
    const asked = { outcome: 'asked', id: null, answered: -1 } as const
    const never = 'out never answered: 1'
    expect(wrong(b => Object.assign(b.sends[0]!, asked))).toEqual([never])
    expect(
      wrong(b => {
        Object.assign(b.sends[0]!, asked)
        b.arrived.push({ ...b.arrived[0]!, id: 'OTHER' })
      }),
    ).toEqual([never, 'out under two ids: 1'])
  })
})

it('the comparison finds what is wrong beside the messages', () => {
  expect(
    wrong(b => {
      b.pending = 2
      b.qrs = 1
      b.troubles.push('the manager ended with 1')
    }),
  ).toEqual(['both stanzas still at WhatsApp: 2', 'both QRs after the linking: 1', 'both other troubles: 1'])
})

it('the comparison describes the first few that are wrong with all that is known of them', () => {
  const findings = compareRecords(
    records(b => {
      b.posts[0]!.treatment = 'HTTP 500'
      b.arrived.splice(0, 6)
    }),
  )
  const text = troubles(findings)
  expect(text).toContain(
    `${SESSION} IN-${ANA}-0: said by ${ANA} in ${ANA} as the 0. at 12:00:00.000 in round 4 (SIGKILL before the POST); ` +
      'acknowledged at 12:00:00.002 in round 4 (SIGKILL before the POST); ' +
      `posted as w.IN-${ANA}-0 at 12:00:00.005 in round 4 (SIGKILL before the POST): HTTP 500`,
  )
  expect(text).toContain(`${SESSION} OUT-${ANA}-0: asked at 12:00:00.000`)
  expect(text).toContain('answered "sent"; never decrypted')
  expect(text.match(/never decrypted/g)).toHaveLength(5)
  expect(table('title', findings)).toMatch(/lost +6 {2}WRONG/)
})
