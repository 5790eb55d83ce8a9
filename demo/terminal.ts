import { stripVTControlCharacters, styleText } from 'node:util'

/** Who a line is about. */
export type Speaker = 'Laravel' | 'manager' | 'phone' | 'contact' | 'WhatsApp' | 'demo'

type Format = Parameters<typeof styleText>[0]

const STYLES: Record<Speaker, Format> = {
  Laravel: 'red',
  manager: 'green',
  phone: 'magenta',
  contact: 'yellow',
  WhatsApp: 'cyan',
  demo: 'dim',
}

/** Where the demo prints. */
export interface Terminal {
  /** Whether it shows colours. */
  readonly coloured: boolean
  /** Begins a step. */
  title(text: string): void
  /** One line: when, who, what. */
  say(speaker: Speaker, text: string): void
  /** Lines as they are, indented, without the blank ones. */
  block(text: string): void
}

/** Writes to a stream; colours only where it is a terminal and NO_COLOR is not set. */
export function createTerminal(stream: NodeJS.WritableStream, now: () => Date = () => new Date()): Terminal {
  const paint = (format: Format, text: string) => styleText(format, text, { stream })
  const coloured = paint('red', '') !== ''
  const line = (text: string) => void stream.write(`${text}\n`)
  return {
    coloured,
    title: text => line(`\n${paint('bold', text)}`),
    say(speaker, text) {
      const time = now().toTimeString().slice(0, 8)
      line(`  ${paint('dim', time)}  ${paint(STYLES[speaker], speaker.padEnd(9))} ${text}`)
    },
    block(text) {
      const isBlank = (each: string) => stripVTControlCharacters(each).trim() === ''
      for (const each of text.split('\n')) if (!isBlank(each)) line(`  ${each}`)
    },
  }
}
