import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../src/base/problem.ts'
import { healthAnswer } from '../../../src/http/schemas/answers.ts'
import { createTestHttp, exactly } from '../fakes.ts'

describe('GET /health', () => {
  it.each(['/health', '/health/ready'])('%s tells whether the service can do its work', async path => {
    const warnings: Problem[] = [{ code: 'SESSION_UNREADABLE', message: '1 session cannot be read.' }]
    const ready = () => ({ ready: true, problems: [], warnings })
    const well = await createTestHttp({ ready }).app.request(path)
    expect(well.status).toBe(200)
    expect(await exactly(well, healthAnswer)).toEqual({ success: true, ready: true, problems: [], warnings })

    const problems: Problem[] = [
      { code: 'STORE_FAILED', message: 'The disk is full.' },
      { code: 'LARAVEL_UNAVAILABLE', message: 'LARAVEL_URL answers 404 to everything.' },
    ]
    const ill = await createTestHttp({ ready: () => ({ ready: false, problems, warnings }) }).app.request(
      path,
    )
    expect(ill.status).toBe(503)
    expect(await ill.json()).toEqual({
      success: false,
      error: 'NOT_READY',
      message: 'The disk is full. LARAVEL_URL answers 404 to everything.',
      ready: false,
      problems,
      warnings,
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
