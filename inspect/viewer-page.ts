/**
 * The page that carries a manager's stream to the inspector's own page in a frame, as `createBrowserInspector` of `@statelyai/inspect`
 * does: that page says `@statelyai.connected` to its parent, and is given messages from then on. Ours listens to that page alone, and
 * speaks to no other origin. A page that begins anew is told all anew, because each stream begins with the actors.
 */
export function viewerPage(viewer: URL, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>whatsapp-manager, inspected</title>
<style nonce="${nonce}">
html, body { height: 100%; margin: 0; background: #111; }
body { display: flex; flex-direction: column; font: 14px/1.4 system-ui, sans-serif; color: #eee; }
p { margin: 0; padding: .5em 1em; }
p:empty { display: none; }
iframe { flex: 1; width: 100%; border: 0; }
</style>
<p id="says" role="status">The inspector is on its way…</p>
<iframe id="viewer" title="Stately inspector" src="${escaped(viewer.href)}" referrerpolicy="no-referrer"></iframe>
<script nonce="${nonce}">
'use strict'
const ORIGIN = ${JSON.stringify(viewer.origin)}
const frame = document.getElementById('viewer')
const says = text => { document.getElementById('says').textContent = text }
let source = null
let connected = false
const begin = () => {
  source?.close()
  let opened = false
  source = new EventSource('stream')
  source.onopen = () => {
    // What the frame shows is of the stream before: it begins anew, too, and says so.
    if (opened) frame.src = frame.src
    opened = true
    says('')
  }
  source.onmessage = event => frame.contentWindow.postMessage(JSON.parse(event.data), ORIGIN)
  source.onerror = () => says('The manager shows nothing at the moment; this page tries again by itself.')
}
addEventListener('message', event => {
  if (event.origin !== ORIGIN || event.source !== frame.contentWindow) return
  if (event.data === null || typeof event.data !== 'object' || event.data.type !== '@statelyai.connected') return
  connected = true
  begin()
})
setTimeout(() => {
  if (!connected) says('The inspector at ${escaped(viewer.host)} does not answer. In a terminal, without it: npm run inspect -- --print')
}, 15000)
</script>
</html>
`
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`)
