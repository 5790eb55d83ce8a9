import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adminRoutes } from '../../simulator/admin/server.ts'
import { Simulator } from '../../simulator/simulator.ts'

const readme = readFileSync('simulator/README.md', 'utf8')

describe('the README of the simulator', () => {
  it('links to files and folders that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(match => match[1]!)
    expect(links.length).toBeGreaterThan(15)
    expect(links.filter(link => !existsSync(`simulator/${link}`))).toEqual([])
  })

  it('names the last part of every path of the admin API', () => {
    const address = { url: '', port: 0, rootKey: '', mediaHost: '', mediaCa: '' }
    const { routes } = adminRoutes(new Simulator(), address)
    const parts = routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ path }) => `/${path.split('/').at(-1)}`)
    const asWritten = parts.map(part => part.replace(/:pn/, '{number}').replace(/:(\w+)/, '{$1}'))
    expect(asWritten.length).toBeGreaterThan(30)
    expect(asWritten.filter(part => !readme.includes(part))).toEqual([])
  })

  it('lists every flag of the program', () => {
    const program = readFileSync('simulator/main.ts', 'utf8')
    const flags = [...program.matchAll(/^ {6}'?([\w-]+)'?: (?:flag|port|text|wholeNumber)\(/gm)].map(
      match => match[1]!,
    )
    expect(flags.length).toBeGreaterThan(8)
    expect(flags.filter(flag => !readme.includes(`--${flag}`))).toEqual([])
  })
})
