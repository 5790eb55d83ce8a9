import { expect, it } from 'vitest'
import { flagsIn, startFlags } from '../../bench/contenders/start-flags.ts'

it('takes the flags of npm start, but nobody’s own environment', () => {
  expect(flagsIn('node --env-file-if-exists=.env --max-semi-space-size=8 src/start.js')).toEqual([
    '--max-semi-space-size=8',
  ])
  expect(startFlags()).not.toContain('--env-file-if-exists=.env')
})

it('refuses a start that is not node itself', () => {
  expect(() => flagsIn('sh start.sh')).toThrow('npm start is not node itself')
})
