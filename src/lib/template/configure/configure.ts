import { CmuxError } from '../../errors.js'
import type { ContainerShell } from '../../executor/container-shell.js'
import { quoteArgv } from '../../executor/quoting.js'
import { describe } from '../../instance/find.js'
import { deadlineIn, type ServiceContext } from '../../instance/service-context.js'
import { explain } from '../../instance/task-step.js'
import type { ContainerRef } from '../../pve/client.js'
import { type Selection, selectSteps } from '../recipe/plan.js'
import type { Recipe } from '../recipe/recipe.js'
import type { ConfigureEvent, StepOutcome, ValidationOutcome } from './events.js'
import { waitForNetwork } from './network.js'
import type { OutputLog } from './output-log.js'
import { type Aftermath, whileRunning } from './power-state.js'
import { RecipeRecord } from './record.js'
import { applySteps } from './steps.js'
import { validateRecipe } from './validate.js'
import type { Work } from './work.js'

export interface ConfigureContext extends ServiceContext, Aftermath {
  /** A way into a container, which the service closes. */
  readonly shellIn: (ct: ContainerRef) => Promise<ContainerShell>
  readonly log: OutputLog
  readonly onEvent: (event: ConfigureEvent) => void
}

export interface ConfigureRequest extends Selection {
  readonly recipe: Recipe
  /** False: only look whether it is what the recipe promises. */
  readonly apply: boolean
  readonly validate: boolean
  /** Milliseconds for everything. */
  readonly timeout: number
}

export interface ConfigureOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly recipe: string
  /** False: everything was done already. */
  readonly changed: boolean
  readonly steps: readonly StepOutcome[]
  readonly validation?: readonly ValidationOutcome[]
  /** Path of the file with all output. */
  readonly log: string
}

/**
 * Applies a recipe to a container that is to become a template. One that is stopped is started, and stopped again afterwards, however it
 * ends. Steps that are done are skipped. Errors: those of the steps (see `applySteps`), of their validation, of reaching the container;
 * `conflict` for a template.
 */
export async function configureTemplate(
  context: ConfigureContext,
  reference: string,
  request: ConfigureRequest,
): Promise<ConfigureOutcome> {
  const { client, log } = context
  const { recipe } = request
  const steps = request.apply ? selectSteps(recipe, request) : []
  const deadline = deadlineIn(context.clock, request.timeout)
  const ct = await findConfigurable(context, reference)
  const { vmid, name, node } = ct

  const done = await whileRunning(context, ct, deadline, async ({ booted }) => {
    if (client.dryRun) return { steps: [] }
    const shell = await context.shellIn(ct)
    try {
      const work = workOn(context, ct, request, shell, deadline)
      if (!request.apply) return { steps: [], validation: await validateRecipe(work, { booted }) }
      await waitForNetwork(context, ct, work)
      const record = await RecipeRecord.read(shell, recipe, context.signal)
      const outcomes = await applySteps(work, record, steps, { force: request.only !== undefined })
      return { steps: outcomes, ...(request.validate && { validation: await validateRecipe(work, { booted }) }) }
    } catch (error) {
      throw explain(error, { hint: `All output is in ${log.path}`, data: { log: log.path } })
    } finally {
      await shell.close()
    }
  })
  const changed = done.steps.some(({ result }) => result !== 'skipped')
  return { vmid, name, node, recipe: recipe.name, changed, ...done, log: log.path }
}

function workOn(
  context: ConfigureContext,
  { vmid, name, node }: ContainerRef,
  { recipe }: ConfigureRequest,
  shell: ContainerShell,
  deadline: Work['deadline'],
): Work {
  const { clock, signal, log, onEvent, onWarning } = context
  const named = recipe.builtin ? '' : ` --recipe ${quoteArgv([recipe.file])}`
  return {
    ...{ shell, recipe, clock, signal, deadline, log, onEvent, onWarning },
    subject: describe({ vmid, name, node }),
    resume: (step) => `cmux-pve template configure ${vmid}${named} --from ${step}`,
  }
}

async function findConfigurable({ client }: ServiceContext, reference: string): Promise<ContainerRef> {
  const ct = await client.containers.find(reference)
  if (!ct.template) return ct
  throw new CmuxError(
    'conflict',
    `${ct.vmid} (${ct.name}) on node ${ct.node} is a template already, and templates cannot be changed`,
    {
      hint: `Make a new container (\`cmux-pve instance clone ${ct.vmid} --full\` or \`cmux-pve template create\`), configure that, and convert it.`,
    },
  )
}
