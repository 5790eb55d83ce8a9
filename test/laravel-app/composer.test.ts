import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const NO_SNIFFER = 'phpcs is not installed: apt-get install php-codesniffer'
const MISSING = 'composer is not installed: apt-get install composer'

const home = mkdtempSync(join(tmpdir(), 'composer-'))
afterAll(() => rmSync(home, { recursive: true }))

const composer = (...args: string[]) =>
  spawnSync('composer', ['--no-interaction', '--no-ansi', ...args], {
    env: {
      PATH: process.env.PATH,
      COMPOSER_HOME: home,
      COMPOSER_ALLOW_SUPERUSER: '1',
      COMPOSER_DISABLE_NETWORK: '1',
    },
    encoding: 'utf8',
  })
const hasComposer = composer('--version').status === 0

it('packages/laravel/composer.json is one that Composer and Packagist take, without a warning', ({
  skip,
}) => {
  if (process.env.REQUIRE_LARAVEL === '1') expect(hasComposer, MISSING).toBe(true)
  skip(!hasComposer, MISSING)
  const { status, stdout, stderr } = composer('validate', '--strict', 'packages/laravel/composer.json')
  expect({ status, said: stdout + stderr }).toEqual({
    status: 0,
    said: expect.stringMatching(/ is valid\n$/),
  })
})

it('what packages/laravel has is written as PSR-12 asks for', {
  timeout: 60_000,
}, ({ skip }) => {
  const { status, stdout } = spawnSync(
    'phpcs',
    // Lines over 120 characters are a warning, which PSR-12 leaves to whoever writes.
    ['--standard=PSR12', '--extensions=php', '--warning-severity=0', '-q', 'packages/laravel'],
    { encoding: 'utf8' },
  )
  if (process.env.REQUIRE_LARAVEL === '1') expect(status, NO_SNIFFER).not.toBeNull()
  skip(status === null, NO_SNIFFER)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
