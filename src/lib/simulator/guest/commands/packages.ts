// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of dpkg-query
import type { Program, ProgramContext } from '../machine/program.js'
import { binary } from '../machine/program.js'
import { groups } from './accounts.js'
import { parseArguments } from './arguments.js'
import { isOnline } from './network.js'
import { type Package, packageFor } from './package-catalogue.js'
import { forgetPackage, installedPackage, installedPackages, packageEntry, recordPackage } from './package-database.js'
import { enableService, startService } from './service-units.js'

const LISTS = '/var/lib/apt/lists'
const MIRROR = 'deb.debian.org'

/** `apt-get` and `apt`: update, install, remove, and what else an installation calls. */
export const aptGet: Program = async (context) => {
  const options = parseArguments(context.args, ['o', 't', 'c'])
  const [verb, ...names] = options.operands
  const say = (text: string) =>
    options.has('q', 'quiet') && context.args.some((word) => word.startsWith('-qq'))
      ? Promise.resolve()
      : context.out(text)
  switch (verb) {
    case 'update':
      return update(context, say)
    case 'install':
      return install(context, names, { yes: options.has('y', 'yes', 'assume-yes'), say })
    case 'remove':
    case 'purge':
      for (const name of names) forgetPackage(context.files, name)
      await say(`The following packages will be REMOVED:\n  ${names.join(' ')}\n`)
      return 0
    case 'upgrade':
    case 'dist-upgrade':
    case 'full-upgrade':
    case 'autoremove':
    case 'autoclean':
      await say('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n')
      return 0
    case 'clean':
      return 0
    default:
      await context.err(`E: Invalid operation ${verb ?? ''}\n`)
      return 100
  }
}

async function update(context: ProgramContext, say: (text: string) => Promise<void>): Promise<number> {
  const { files } = context
  if (!isOnline(context)) {
    await say(
      `Ign:1 http://${MIRROR}/debian bookworm InRelease\nErr:1 http://${MIRROR}/debian bookworm InRelease\n  Temporary failure resolving '${MIRROR}'\nReading package lists...\n`,
    )
    await context.err(
      `W: Failed to fetch http://${MIRROR}/debian/dists/bookworm/InRelease  Temporary failure resolving '${MIRROR}'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n`,
    )
    return 0
  }
  files.mkdirs(LISTS)
  files.write(`${LISTS}/sources`, sourcesText(context))
  await say(
    `Get:1 http://${MIRROR}/debian bookworm InRelease [151 kB]\nFetched 9225 kB in 1s (9225 kB/s)\nReading package lists...\n`,
  )
  return 0
}

/** The sources as they were when the lists were fetched last. */
function knownSources(context: ProgramContext): string | undefined {
  return context.files.exists(`${LISTS}/sources`) ? context.files.readText(`${LISTS}/sources`) : undefined
}

function sourcesText(context: ProgramContext): string {
  const folder = '/etc/apt/sources.list.d'
  const names = context.files.exists(folder) ? context.files.list(folder).map((name) => `${folder}/${name}`) : []
  return ['/etc/apt/sources.list', ...names]
    .filter((path) => context.files.exists(path))
    .map((path) => context.files.readText(path))
    .join('\n')
}

async function install(
  context: ProgramContext,
  names: readonly string[],
  options: { readonly yes: boolean; readonly say: (text: string) => Promise<void> },
): Promise<number> {
  const { say } = options
  await say('Reading package lists...\nBuilding dependency tree...\nReading state information...\n')
  const sources = knownSources(context)
  const wanted = new Map<string, Package>()
  for (const name of names) {
    if (name.endsWith('.deb')) {
      await context.err(`E: Unsupported file ${name} given on commandline\n`)
      return 100
    }
    if (installedPackage(context.files, name) !== undefined) continue
    const found = sources === undefined ? undefined : packageFor(name, sources)
    if (found === undefined) {
      await context.err(`E: Unable to locate package ${name}\n`)
      return 100
    }
    collect(found, sources ?? '', wanted, context)
  }
  if (wanted.size > names.length && !options.yes) {
    await say(`Do you want to continue? [Y/n] `)
    const answer = await context.stdin.readLine()
    if (answer === undefined || !/^(?:y.*)?$/i.test(answer.text)) {
      await say('Abort.\n')
      return 1
    }
  }
  if (wanted.size > 0 && !isOnline(context)) {
    const [first = ''] = wanted.keys()
    await context.err(
      `E: Failed to fetch http://${MIRROR}/debian/pool/main/${first}.deb  Temporary failure resolving '${MIRROR}'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?\n`,
    )
    return 100
  }
  if (wanted.size > 0) await say(`The following NEW packages will be installed:\n  ${[...wanted.keys()].join(' ')}\n`)
  await say(`0 upgraded, ${wanted.size} newly installed, 0 to remove and 0 not upgraded.\n`)
  for (const found of wanted.values()) await unpack(context, found, say)
  return 0
}

function collect(found: Package, sources: string, wanted: Map<string, Package>, context: ProgramContext): void {
  for (const name of found.depends ?? []) {
    const needed = packageFor(name, sources)
    if (needed !== undefined && !wanted.has(name) && installedPackage(context.files, name) === undefined)
      collect(needed, sources, wanted, context)
  }
  wanted.set(found.name, found)
}

async function unpack(context: ProgramContext, found: Package, say: (text: string) => Promise<void>): Promise<void> {
  const { files, machine } = context
  await say(
    `Selecting previously unselected package ${found.name}.\nUnpacking ${found.name} (${found.version}) ...\nSetting up ${found.name} (${found.version}) ...\n`,
  )
  for (const [name, version] of Object.entries(found.commands ?? {})) {
    const folder = found.service !== undefined && version === undefined ? '/usr/sbin' : '/usr/bin'
    files.place(`${folder}/${name}`, binary(name, version))
  }
  files.mkdirs(`/usr/share/doc/${found.name}`)
  files.write(`/usr/share/doc/${found.name}/copyright`, `${found.name}\n`)
  recordPackage(files, found)
  if (found.group !== undefined && !groups(files).some((group) => group.name === found.group))
    files.append('/etc/group', `${found.group}:x:${990 - groups(files).length}:\n`)
  if (found.service === undefined) return
  const path = `/lib/systemd/system/${found.service.name}.service`
  files.mkdirs('/lib/systemd/system')
  files.write(
    path,
    `[Unit]\nDescription=${found.name}\n\n[Service]\nExecStart=${found.service.command}\n\n[Install]\nWantedBy=multi-user.target\n`,
  )
  if (!files.exists('/usr/bin/systemctl')) return
  await say(enableService(machine, found.service.name, path) ?? '')
  await startService(machine, found.service.name)
}

/** `dpkg -s|-l|-L|-i|--print-architecture` and `dpkg-query -W`. */
export const dpkg: Program = async (context) => {
  const options = parseArguments(context.args, ['f', 'showformat'])
  const names = options.operands
  if (options.has('print-architecture')) {
    await context.out('amd64\n')
    return 0
  }
  if (options.has('i', 'install')) {
    await context.err(`dpkg: error: cannot access archive '${names[0] ?? ''}': No such file or directory\n`)
    return 2
  }
  if (options.has('l', 'list') || (options.has('W', 'show') && names.length === 0)) {
    const shown = installedPackages(context.files).filter((one) => names.length === 0 || names.includes(one.name))
    for (const one of shown)
      await context.out(
        options.has('W', 'show')
          ? `${one.name}\t${one.version}\n`
          : `ii  ${one.name.padEnd(30)} ${one.version.padEnd(30)} amd64        ${one.name}\n`,
      )
    if (shown.length === 0 && names.length > 0)
      await context.err(`dpkg-query: no packages found matching ${names[0]}\n`)
    return shown.length === 0 && names.length > 0 ? 1 : 0
  }
  let status = 0
  for (const name of names) {
    const found = installedPackage(context.files, name)
    if (found === undefined) {
      await context.err(
        options.has('W', 'show')
          ? `dpkg-query: no packages found matching ${name}\n`
          : `dpkg-query: package '${name}' is not installed and no information is available\n`,
      )
      status = 1
    } else if (options.has('W', 'show')) {
      const format = options.value('f', 'showformat')
      const text = format
        ?.replaceAll('${Status}', 'install ok installed')
        .replaceAll('${Version}', found.version)
        .replaceAll('${Package}', found.name)
        .replaceAll('${db:Status-Status}', 'installed')
        .replaceAll('\\n', '\n')
      await context.out(text ?? `${found.name}\t${found.version}\n`)
    } else await context.out(packageEntry(found))
  }
  return status
}

/** Alpine's `apk add|del|update|info`. */
export const apk: Program = async (context) => {
  const options = parseArguments(context.args, ['t', 'X', 'virtual', 'repository'])
  const [verb, ...names] = options.operands
  if (verb === 'update' || verb === 'upgrade') {
    if (!isOnline(context)) {
      await context.err('WARNING: updating: temporary error (try again later)\n')
      return 1
    }
    await context.out('OK: 24000 distinct packages available\n')
    return 0
  }
  if (verb === 'info') {
    const found = installedPackages(context.files).filter((one) => names.length === 0 || names.includes(one.name))
    for (const one of found) await context.out(`${one.name}\n`)
    return names.length > 0 && found.length === 0 ? 1 : 0
  }
  if (verb === 'del') {
    for (const name of names) forgetPackage(context.files, name)
    return 0
  }
  for (const name of names) {
    const found =
      packageFor(name, '') ??
      (['bash', 'docker', 'openrc', 'shadow'].includes(name)
        ? { name, version: '1.0-r0', commands: { [name]: name === 'docker' ? '27.3.1' : undefined } }
        : undefined)
    if (found === undefined || !isOnline(context)) {
      await context.err(
        `ERROR: unable to select packages:\n  ${name} (no such package):\n    required by: world[${name}]\n`,
      )
      return 1
    }
    await unpack(context, found, context.out)
  }
  await context.out(`OK: ${installedPackages(context.files).length} packages\n`)
  return 0
}
