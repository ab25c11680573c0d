import type { Program, ProgramContext } from '../machine/program.js'
import { binary, versionOf } from '../machine/program.js'

/** How a program says its version; `%` stands for the number. */
const VERSION_LINES: Readonly<Record<string, string>> = {
  node: 'v%',
  uv: 'uv %',
  uvx: 'uvx %',
  docker: 'Docker version %, build 5253ffa',
  git: 'git version %',
  python3: 'Python %',
  pip: 'pip % from /usr/lib/python3/dist-packages/pip (python 3.11)',
  pip3: 'pip % from /usr/lib/python3/dist-packages/pip (python 3.11)',
  gcc: 'gcc (Debian %) %',
  make: 'GNU Make %',
  jq: 'jq-%',
  rg: 'ripgrep %',
  tmux: 'tmux %',
  criu: 'Version: %',
}

/** Installed software that can only tell its version. */
export const versioned: Program = async (context) => {
  const name = context.argv[0]?.split('/').at(-1) ?? ''
  if (context.args.some((word) => /^(?:--version|-v|-V|version)$/.test(word))) {
    await context.out(`${(VERSION_LINES[name] ?? '%').replaceAll('%', versionOf(context) ?? '1.0')}\n`)
    return 0
  }
  await context.err(`${name}: only its version can be asked for in a simulated container\n`)
  return 1
}

/** `npm install -g NAME`: a command of that name that can tell its version. */
export const npm: Program = async (context) => {
  const words = context.args.filter((word) => !word.startsWith('-'))
  const global = context.args.some((word) => word === '-g' || word === '--global')
  if (!['install', 'i', 'add'].includes(words[0] ?? '') || !global) return versioned(context)
  for (const word of words.slice(1)) {
    const found = /^(@[^/]+\/)?([^@]+)(?:@(.*))?$/.exec(word)
    const name = found?.[2] ?? word
    const version = /^\d/.test(found?.[3] ?? '') ? (found?.[3] ?? '') : '1.0.0'
    const folder = `/usr/lib/node_modules/${found?.[1] ?? ''}${name}`
    context.files.mkdirs(folder)
    context.files.write(
      `${folder}/package.json`,
      `${JSON.stringify({ name: `${found?.[1] ?? ''}${name}`, version })}\n`,
    )
    context.files.place(`/usr/bin/${name}`, binary('versioned', version))
  }
  await context.out(`\nadded ${words.length - 1} packages in 1s\n`)
  return 0
}

/** The docker client: everything but its version needs the daemon. */
export const docker: Program = async (context) => {
  const [verb] = context.args
  if (verb === '--version' || verb === '-v') return versioned(context)
  if (verb === 'compose' || verb === 'buildx') return plugin(context)
  if (context.machine.services.get('docker')?.kind !== 'running') {
    await context.err(
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
    )
    return 1
  }
  if (verb === 'ps') await context.out('CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n')
  else if (verb === 'info' || verb === 'version') await context.out(`Server Version: ${versionOf(context) ?? ''}\n`)
  else if (verb === 'run')
    await context.out(
      '\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n',
    )
  return 0
}

async function plugin(context: ProgramContext): Promise<number> {
  const name = `docker-${context.args[0]}-plugin`
  if (!context.files.exists(`/usr/share/doc/${name}`)) {
    await context.err(`docker: '${context.args[0]}' is not a docker command.\nSee 'docker --help'\n`)
    return 1
  }
  await context.out(`Docker ${context.args[0] === 'compose' ? 'Compose version v2.32.4' : 'buildx v0.20.0'}\n`)
  return 0
}
