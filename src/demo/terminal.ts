import { stripVTControlCharacters, styleText } from 'node:util'

/** Who is speaking in a line of the story. */
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

/** Where the story is told. */
export interface Terminal {
  /** Begins a chapter. */
  title(text: string): void
  /** One line: when, who, what. */
  say(speaker: Speaker, text: string): void
  /** Lines as they are, indented. */
  block(text: string): void
}

/** Writes to a stream; colours (those of a drawn QR, too) only where the stream is a terminal and NO_COLOR is not set. */
export function createTerminal(stream: NodeJS.WritableStream, now: () => Date = () => new Date()): Terminal {
  const paint = (format: Format, text: string) => styleText(format, text, { stream })
  const coloured = paint('red', '') !== ''
  const line = (text: string) => void stream.write(`${text}\n`)
  return {
    title: text => line(`\n${paint('bold', text)}`),
    say(speaker, text) {
      const time = now().toTimeString().slice(0, 8)
      line(`  ${paint('dim', time)}  ${paint(STYLES[speaker], speaker.padEnd(9))} ${text}`)
    },
    block(text) {
      const lines = (coloured ? text : stripVTControlCharacters(text)).trimEnd().split('\n')
      for (const each of lines) line(`  ${each}`)
    },
  }
}
