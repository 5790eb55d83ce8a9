/** Buttons with data-close end the dialog that they stand in. */
export function closeByButtons() {
  for (const button of document.querySelectorAll('dialog [data-close]'))
    button.addEventListener('click', () => button.closest('dialog')?.close())
}
