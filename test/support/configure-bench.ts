import type { ContainerShell } from '../../src/lib/executor/container-shell.js'
import type { PveClient } from '../../src/lib/pve/client.js'
import { type ConfigureRequest, configureTemplate } from '../../src/lib/template/configure/configure.js'
import type { ConfigureEvent } from '../../src/lib/template/configure/events.js'
import type { Recipe, RecipeStep, Validation } from '../../src/lib/template/recipe/recipe.js'
import { guestShell } from './guest-shell.js'
import { JumpingClock } from './jumping-clock.js'
import { STORAGE, type TestBench, testBench } from './test-bench.js'

const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

/** A simulated Debian container 9000, and the service that configures it, without SSH in between. */
export interface ConfigureBench {
  readonly bench: TestBench
  /** What the service told since the last `configure`. */
  readonly events: ConfigureEvent[]
  readonly warnings: string[]
  /** Everything that went into the log. */
  log(): string
  configure(request: ConfigureOptions): ReturnType<typeof configureTemplate>
  /** Runs a shell script in the container, which must be running. */
  inside(script: string): Promise<string>
  status(): Promise<string>
}

export interface ConfigureOptions extends Partial<ConfigureRequest> {
  readonly recipe: Recipe
  readonly signal?: AbortSignal
  readonly shell?: ContainerShell
  readonly client?: PveClient
  readonly onEvent?: (event: ConfigureEvent) => void
}

export async function configureBench(faults: readonly unknown[] = []): Promise<ConfigureBench> {
  const bench = await testBench({ timeScale: 1000, faults, osTemplates: [{ volid: DEBIAN, size: 126_000_000 }] })
  const { client, node, simulator } = bench
  const created = await client.containers.create(node, {
    vmid: 9000,
    ostemplate: DEBIAN,
    hostname: 'base',
    options: { rootfs: `${STORAGE}:4`, net0: 'name=eth0,bridge=vmbr0,ip=dhcp', features: 'nesting=1' },
  })
  await client.tasks.wait(created)
  const shell = guestShell(simulator.cluster.guests, 9000)
  const events: ConfigureEvent[] = []
  const warnings: string[] = []
  let logged = ''
  return {
    bench,
    events,
    warnings,
    log: () => logged,
    configure({ signal, shell: other, client: given, onEvent, ...request }) {
      events.length = 0
      warnings.length = 0
      const context = {
        client: given ?? client,
        clock: new JumpingClock(),
        ...(signal !== undefined && { signal }),
        onWarning: (text: string) => void warnings.push(text),
        onEvent(event: ConfigureEvent) {
          events.push(event)
          onEvent?.(event)
        },
        shellIn: async () => other ?? shell,
        afterwards: (work: (client: PveClient) => Promise<void>) => work(client),
        log: {
          path: '/var/log/configure.log',
          write(text: string | Uint8Array) {
            logged += Buffer.from(text).toString('utf8')
          },
          close() {},
        },
      }
      return configureTemplate(context, '9000', { apply: true, validate: false, timeout: 36_000_000, ...request })
    },
    async inside(script) {
      const { exitCode, stdout, stderr } = await shell.run(['sh', '-c', script])
      if (exitCode !== 0) throw new Error(`status ${exitCode}: ${stderr}`)
      return stdout
    },
    status: async () => (await client.containers.status({ vmid: 9000, node })).status,
  }
}

/** A recipe of these steps. */
export function recipeOf(
  steps: readonly (Pick<RecipeStep, 'name' | 'script'> & Partial<RecipeStep>)[],
  more: Partial<Recipe> & { readonly validations?: readonly Validation[] } = {},
): Recipe {
  return {
    ...{ name: 'mine', file: './my recipe.yaml', builtin: false, environment: {}, validations: [] },
    ...more,
    steps: steps.map((step) => ({ title: step.name, timeout: 600_000, retries: 0, optional: false, ...step })),
  }
}
