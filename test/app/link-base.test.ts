import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { linkBaseOf } from '../../src/app/link-base.ts'
import { loadConfig } from '../../src/config.ts'

const base = (env: Record<string, string>) => linkBaseOf(loadConfig({ API_KEYS: 'k', ...env }), 3000)

describe('where the links to media lead', () => {
  it.each([
    [{ HOST: '127.0.0.1' }, 'http://127.0.0.1:3000'],
    [{ HOST: '10.1.2.3' }, 'http://10.1.2.3:3000'],
    [{ HOST: '::1' }, 'http://[::1]:3000'],
    [{ HOST: '0.0.0.0', PUBLIC_URL: 'https://wa.test/' }, 'https://wa.test'],
    [{ HOST: '0.0.0.0' }, 'http://127.0.0.1:3000'],
    [{ HOST: '0.0.0.0', LARAVEL_URL: 'http://localhost:8000/api' }, 'http://127.0.0.1:3000'],
    [{ HOST: '::', LARAVEL_URL: 'http://127.0.0.1/api' }, 'http://127.0.0.1:3000'],
  ])('with %j is %s, without a warning', (env, url) => {
    expect(base(env)).toEqual({ url, warning: null })
  })

  it.each([
    '0.0.0.0',
    '::',
  ])('with HOST=%s and a Laravel elsewhere is an address of this machine, never that, and a warning', host => {
    const { url, warning } = base({ HOST: host, LARAVEL_URL: 'http://app.test/api' })
    const addresses = Object.values(networkInterfaces()).flatMap(all => all ?? [])
    const outer = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal)
    expect(outer.map(({ address }) => `http://${address}:3000`).concat('http://127.0.0.1:3000')).toContain(
      url,
    )
    expect(warning).toMatchObject({
      code: 'PUBLIC_URL_MISSING',
      message: expect.stringMatching(/PUBLIC_URL/),
    })
    expect(warning!.message).toContain(url)
  })
})
