import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { VERSIONS } from '../../src/metrics/versions.ts'
import { idleMetrics } from './idle-metrics.ts'

/** What was promised of the metrics, in its own words, and where it is told. */
const PROMISED: [what: string, name: string, labels: string[]][] = [
  ['sessions by state', 'whatsapp_manager_sessions', ['state']],
  ['connects', 'whatsapp_manager_connects_total', []],
  ['disconnects by reason', 'whatsapp_manager_disconnects_total', ['reason']],
  ['QRs published', 'whatsapp_manager_qrs_total', ['outcome']],
  ['QRs suppressed by cause', 'whatsapp_manager_qrs_suppressed_total', ['cause']],
  ['QRs expired unscanned', 'whatsapp_manager_qrs_expired_total', []],
  ['messages in and out by type', 'whatsapp_manager_messages_total', ['direction', 'type']],
  ['messages by status', 'whatsapp_manager_message_statuses_total', ['status']],
  ['send wait', 'whatsapp_manager_http_request_duration_seconds', ['method', 'route', 'status']],
  ['retries of sends', 'whatsapp_manager_send_retries_total', []],
  ['delivery attempts', 'whatsapp_manager_delivery_duration_seconds', ['kind', 'outcome']],
  ['retries of deliveries', 'whatsapp_manager_delivery_outcomes_total', ['kind', 'outcome']],
  ['lag of lanes', 'whatsapp_manager_delivery_lag_seconds', []],
  ['depth of lanes', 'whatsapp_manager_deliveries_pending', []],
  ['lanes', 'whatsapp_manager_lanes_pending', []],
  ['dead letters', 'whatsapp_manager_deliveries_dead', []],
  ['latency of commits', 'whatsapp_manager_commit_duration_seconds', []],
  ['rows of commits', 'whatsapp_manager_commit_rows', []],
  ['commits that failed', 'whatsapp_manager_commits_failed_total', []],
  ['event-loop delay', 'nodejs_eventloop_lag_p99_seconds', []],
  ['CPU', 'process_cpu_seconds_total', []],
  ['RSS', 'process_resident_memory_bytes', []],
  ['restarts of the process', 'process_start_time_seconds', []],
  ['crashes of sessions', 'whatsapp_manager_session_crashes_total', []],
  ['quarantined', 'whatsapp_manager_sessions_quarantined', []],
  ["pauses of WhatsApp's", 'whatsapp_manager_pauses_total', ['kind']],
  ['free disk', 'whatsapp_manager_disk_free_bytes', []],
  ['build', 'whatsapp_manager_build_info', ['version', 'node', 'baileys']],
]

/** What an operator is to be woken for, and by what of it. */
const ALERTS: [what: string, alert: string, name: string][] = [
  ['deaf sessions', 'WhatsAppSessionsDeaf', 'whatsapp_manager_disconnects_total{reason="unanswered"}'],
  ['growing lag', 'WhatsAppDeliveryLagGrows', 'deriv(whatsapp_manager_delivery_lag_seconds'],
  ['dead letters', 'WhatsAppDeadLetters', 'whatsapp_manager_deliveries_dead'],
  ['restart loops of sessions', 'WhatsAppSessionsCrash', 'whatsapp_manager_session_crashes_total'],
  ['restart loops of the process', 'WhatsAppManagerRestarts', 'process_start_time_seconds'],
  ['disk', 'WhatsAppDiskFills', 'whatsapp_manager_disk_free_bytes'],
  ['QR expired unscanned', 'WhatsAppQrExpiredUnscanned', 'whatsapp_manager_qrs_expired_total'],
]

it.each(PROMISED)('%s: %s', async (_, name, labels) => {
  const { text } = await idleMetrics().text(undefined)
  expect(text).toContain(`# TYPE ${name} `)
  const said =
    readFileSync('src/metrics/metrics.ts', 'utf8') + readFileSync('src/metrics/fact-counters.ts', 'utf8')
  // A counter without a sample yet does not say its labels.
  for (const label of labels) if (!(label in VERSIONS)) expect(said).toContain(`'${label}'`)
})

it.each(ALERTS)('an alarm for %s: %s', (_, alert, name) => {
  const rules = readFileSync('examples/grafana/alerts.yml', 'utf8').split('- alert: ')
  expect(rules.find(rule => rule.startsWith(`${alert}\n`))).toContain(name)
})
