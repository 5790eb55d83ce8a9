import { expect, it } from 'vitest'
import { silenceConsole } from '../silence-console.ts'
import { program } from '../start-program.ts'

silenceConsole()

const [SHOP, ANA, EVA] = ['34600000001', '34600000002', '34600000003']

it('The simulator as a program lets people call, change groups, numbers and pictures', async () => {
  const { call } = await program()
  await call('POST', '/enroll', { pn: SHOP })
  const { json: rung } = await call('POST', `/contacts/${ANA}/call`, { to: SHOP, video: true })
  expect((await call('GET', '/calls')).json).toEqual([
    { id: rung.id, from: ANA, to: [SHOP], video: true, state: 'ringing', ringsOn: [] },
  ])
  expect((await call('POST', `/calls/${rung.id}/end`, { reason: 'timeout' })).status).toBe(204)
  expect((await call('POST', '/calls/NONE/end')).status).toBe(404)
  expect((await call('GET', '/calls')).json[0].state).toBe('ended')

  const { json: group } = await call('POST', '/groups', { subject: 'Shop', members: [ANA, SHOP] })
  const changes = [{ add: [EVA] }, { subject: 'Team' }]
  const changed = await call('POST', `/groups/${group.jid}/changes`, { changes, author: ANA })
  expect(changed.json).toEqual({ id: expect.stringMatching(/^\d+$/) })
  expect((await call('GET', '/groups')).json[0]).toMatchObject({ subject: 'Team', members: [ANA, SHOP, EVA] })
  expect((await call('POST', `/groups/${group.jid}/changes`, { changes: [{ dance: true }] })).status).toBe(
    400,
  )
  expect((await call('POST', `/groups/${group.jid}/dirty`)).status).toBe(204)

  expect((await call('POST', `/contacts/${ANA}/picture`, { to: SHOP, removed: true })).status).toBe(200)
  const { json: renamed } = await call('POST', `/contacts/${ANA}/number`, { to: '34600000009' })
  expect(renamed).toMatchObject({ pn: '34600000009' })
})
