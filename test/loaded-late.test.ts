import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('what few need is loaded when it is first used: neither sharp nor BullMQ at the start', () => {
  const program = `
    import { createRequire } from 'node:module'
    await import('./src/app.ts')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    const packages = loaded.map(file => file.split('node_modules/').at(-1).split('/')[0])
    console.log(JSON.stringify([...new Set(packages)]))`
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  const packages = JSON.parse(printed.trim().split('\n').at(-1)!) as string[]
  expect(packages).toContain('pino')
  expect(packages.filter(name => ['sharp', '@img', 'bullmq', 'ioredis'].includes(name))).toEqual([])
})
