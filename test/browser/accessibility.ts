import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** What axe-core finds on the page as it stands; nothing may be serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated by the browser's own tools: the page's CSP lets no script in.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    grave.map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`).slice(0, 3),
    })),
  ).toEqual([])
}
