import type { Command } from '@oclif/core'

type Commands = Readonly<Record<string, Command.Cached>>
type Flag = Command.Cached['flags'][string]

interface CommandLine {
  readonly bin: string
  readonly topics: Readonly<Record<string, { readonly description: string }>>
}

/** The command reference: one page a topic, one for the commands without, and an index. Page names to their Markdown. */
export function commandReference(commands: Commands, { bin, topics }: CommandLine): ReadonlyMap<string, string> {
  const visible = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const pages = new Map<string, string>()
  for (const [topic, { description }] of Object.entries(topics)) {
    const own = visible.filter(({ id }) => id.startsWith(`${topic}:`))
    if (own.length > 0) pages.set(`${topic}.md`, page(`${bin} ${topic}`, description, own, bin))
  }
  const rest = visible.filter(({ id }) => !Object.keys(topics).some((topic) => id.startsWith(`${topic}:`)))
  pages.set('other.md', page('Other commands', `Commands of \`${bin}\` that belong to no topic.`, rest, bin))
  pages.set('README.md', index(visible, pages, bin))
  return pages
}

const index = (commands: readonly Command.Cached[], pages: ReadonlyMap<string, string>, bin: string): string => {
  const pageOf = ({ id }: Command.Cached) => {
    const topic = `${id.split(':')[0]}.md`
    return pages.has(topic) && id.includes(':') ? topic : 'other.md'
  }
  const lines = commands.map((command) => {
    const name = `${bin} ${words(command)}`
    return `- [\`${name}\`](${pageOf(command)}#${anchor(name)}): ${summary(command, bin)}`
  })
  return document(['# Commands', ...GENERATED, lines.join('\n')])
}

const page = (title: string, description: string, commands: readonly Command.Cached[], bin: string): string =>
  document([`# ${title}`, ...GENERATED, description, ...commands.flatMap((command) => section(command, bin))])

const GENERATED = ['<!-- Written by `npm run docs` from the commands themselves. -->']

const argumentText = ({ name, multiple, required }: Command.Cached['args'][string]): string => {
  const text = `${name.toUpperCase()}${multiple ? '...' : ''}`
  return required ? text : `[${text}]`
}

function section(command: Command.Cached, bin: string): readonly string[] {
  const name = `${bin} ${words(command)}`
  const args = Object.values(command.args).filter(({ hidden }) => !hidden)
  const flags = Object.values(command.flags).filter(({ hidden }) => !hidden)
  const usage = [name, ...args.map(argumentText), '[flags]']
  const description = command.description?.trim()
  return [
    `## ${name}`,
    summary(command, bin),
    fenced(
      command.usage === undefined
        ? usage.join(' ')
        : [command.usage]
            .flat()
            .map((line) => `${bin} ${line}`)
            .join('\n'),
    ),
    ...(description === undefined || description === command.summary ? [] : [fill(description, command, bin)]),
    ...(args.some((arg) => arg.description !== undefined)
      ? [
          table(
            ['argument', 'meaning'],
            args.map((arg) => [`\`${arg.name.toUpperCase()}\``, cell(arg.description ?? '', command, bin)]),
          ),
        ]
      : []),
    ...(flags.length > 0
      ? [
          table(
            ['flag', 'meaning', 'default'],
            flags.map((flag) => flagRow(flag, command, bin)),
          ),
        ]
      : []),
    ...((command.examples?.length ?? 0) > 0
      ? [fenced(command.examples?.map((example) => exampleText(example, command, bin)).join('\n\n') ?? '')]
      : []),
  ]
}

function flagRow(flag: Flag, command: Command.Cached, bin: string): readonly string[] {
  const value =
    flag.type === 'option' ? ` ${flag.options ? flag.options.join('\\|') : (flag.helpValue ?? '<value>')}` : ''
  const long = flag.type === 'boolean' && flag.allowNo ? `--[no-]${flag.name}` : `--${flag.name}`
  const shown = flag.default === undefined || flag.default === false ? '' : `\`${flag.default}\``
  const names = `\`${flag.char === undefined ? '' : `-${flag.char}, `}${long}${value}\``
  return [names, cell(flag.summary ?? flag.description ?? '', command, bin), shown]
}

function exampleText(example: Command.Example, command: Command.Cached, bin: string): string {
  if (typeof example === 'string') return fill(example, command, bin).replace(/^\$ /, '')
  return `# ${fill(example.description, command, bin)}\n${fill(example.command, command, bin)}`
}

const summary = (command: Command.Cached, bin: string): string =>
  fill(command.summary ?? command.description?.split('\n')[0] ?? '', command, bin)

/** The two placeholders that commands use in their texts. */
const fill = (text: string, command: Command.Cached, bin: string): string =>
  text.replaceAll(/<%=\s*config\.bin\s*%>/g, bin).replaceAll(/<%=\s*command\.id\s*%>/g, words(command))

const words = ({ id }: Command.Cached): string => id.replaceAll(':', ' ')
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')
const cell = (text: string, command: Command.Cached, bin: string): string =>
  fill(text, command, bin).replaceAll('\n', ' ').replaceAll('|', '\\|')
const fenced = (text: string): string => `\`\`\`sh\n${text}\n\`\`\``
const document = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
