import type { Context } from 'hono'
import type { Visitor } from '../ports/dashboard/dashboard.ts'
import type { Language } from './words/languages.ts'

export interface DashboardEnv {
  Bindings: { visitor: Visitor }
  Variables: { language: Language }
}

export type DashboardContext = Context<DashboardEnv>
