<div {{ $attributes->merge(['class' => 'whatsapp-qr', 'role' => 'status', 'aria-live' => 'polite', 'style' => 'width:16rem;text-align:center;font-family:system-ui,sans-serif']) }}
     data-url="{{ $url }}" data-interval="{{ $interval }}"
     data-waiting="{{ __('Waiting for the QR code…') }}"
     data-scan="{{ __('WhatsApp > Linked devices > Link a device') }}"
     data-type="{{ __('WhatsApp > Linked devices > Link with phone number') }}"
     data-active="{{ __('Linked') }}"
     data-inactive="{{ __('Not linked: start again') }}"
     data-gone="{{ __('Sign in again to see this code') }}">
    <img alt="{{ __('QR code to link WhatsApp') }}" hidden style="width:100%;background:#fff;border-radius:.5rem">
    <strong hidden style="font:700 1.75rem/2 ui-monospace,monospace;letter-spacing:.15em"></strong>
    <p style="margin:.5rem 0">{{ __('Waiting for the QR code…') }}</p>
</div>
@once
<script @if ($nonce) nonce="{{ $nonce }}" @endif>
(() => {
  const watch = element => {
    const [image, code, text] = element.children
    const { url, interval, ...words } = element.dataset
    let have = ''

    const show = ({ state, id, picture, code: digits, reason_text: reason }) => {
      if (picture) {
        image.src = picture
        have = id
      }
      image.hidden = state !== 'qr'
      code.hidden = state !== 'code'
      code.textContent = digits ? `${digits.slice(0, 4)}-${digits.slice(4)}` : ''
      text.textContent = { qr: words.scan, code: words.type }[state] ?? (state === 'inactive' && reason) || words[state]
      element.dataset.state = state
      if (state !== 'qr') {
        image.removeAttribute('src')
        have = ''
      }
      if (state !== 'active') return true
      element.style.color = '#15803d'
      text.textContent = `✓ ${words.active}`
      element.dispatchEvent(new CustomEvent('whatsapp:linked', { bubbles: true }))
      return false
    }

    const ask = async () => {
      let goOn = true
      try {
        if (!document.hidden) {
          const answer = await fetch(`${url}?have=${have}`, { headers: { Accept: 'application/json' }, credentials: 'same-origin' })
          if (answer.ok) goOn = show(await answer.json())
          else if ([401, 404, 419].includes(answer.status)) goOn = show({ state: 'gone' }) && false
        }
      } catch {
        // The network is away for a moment: the next question tells.
      }
      if (goOn && element.isConnected) setTimeout(ask, Number(interval))
    }
    ask()
  }

  const start = () => document.querySelectorAll('.whatsapp-qr[data-url]').forEach(element => {
    if (element.dataset.watched) return
    element.dataset.watched = 'yes'
    watch(element)
  })
  document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', start) : start()
})()
</script>
@endonce
