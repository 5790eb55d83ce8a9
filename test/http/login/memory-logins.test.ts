import { describe } from 'vitest'
import { createMemoryLogins } from '../../../src/http/login/memory-logins.ts'
import { loginContract } from './contract.ts'

describe('Logins of one process', () => {
  let now = Date.UTC(2026, 0, 1)
  loginContract(
    async () => createMemoryLogins(() => now),
    async ms => {
      now += ms
    },
  )
})
