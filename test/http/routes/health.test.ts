import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/base/problem.ts'
import { healthAnswer, laravelCheckAnswer } from '../../../src/http/schemas/answers.ts'
import { CHECK, createTestHttp, exactly } from '../fakes.ts'

describe('GET /health', () => {
  it.each(['/health', '/health/ready'])('%s tells whether the service can do its work', async path => {
    const warnings: Problem[] = [{ code: 'SESSION_UNREADABLE', message: '1 session cannot be read.' }]
    const since = Date.UTC(2026, 0, 2)
    const fault = {
      route: 'POST /qr',
      cause: 'server_error',
      status: 500,
      since,
      message: 'It answered 500.',
    }
    const laravel = { ok: false, failing: [fault] }
    const ready = async () => ({ ready: true, problems: [], warnings, laravel })
    const well = await createTestHttp({ ready }).app.request(path)
    expect(well.status).toBe(200)
    expect(await exactly(well, healthAnswer)).toEqual({
      success: true,
      ready: true,
      problems: [],
      warnings,
      laravel: { ok: false, failing: [{ ...fault, since: '2026-01-02T00:00:00.000Z' }] },
    })

    const problems: Problem[] = [
      { code: 'STORE_FAILED', message: 'The disk is full.' },
      { code: 'REDIS_UNAVAILABLE', message: 'Redis does not answer.' },
    ]
    const not = async () => ({ ready: false, problems, warnings, laravel: null })
    const ill = await createTestHttp({ ready: not }).app.request(path)
    expect(ill.status).toBe(503)
    expect(await ill.json()).toEqual({
      success: false,
      error: 'NOT_READY',
      message: 'The disk is full. Redis does not answer.',
      ready: false,
      problems,
      warnings,
      laravel: null,
    })
  })

  it('/health/live answers even when nothing else works', async () => {
    const ready = () => {
      throw new Error('broken')
    }
    const response = await createTestHttp({ ready }).app.request('/health/live')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ success: true })
  })
})

it('GET /laravel/check tells what Laravel answers now, as a report and not as an error', async () => {
  const { app, calls } = createTestHttp()
  const response = await app.request('/laravel/check')
  expect(response.status).toBe(200)
  expect(await exactly(response, laravelCheckAnswer)).toEqual({
    success: true,
    ok: false,
    address: 'http://app.test/api',
    checks: [CHECK],
  })
  expect(calls).toEqual([{ name: 'laravelCheck', args: ['thorough'] }])
})
