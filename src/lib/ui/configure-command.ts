import { join } from 'node:path'
import type { Command } from '@oclif/core'
import { Flags } from '@oclif/core'
import type { ConfigureOutcome, ConfigureRequest } from '../template/configure/configure.js'
import type { Recipe } from '../template/recipe/recipe.js'
import { ConfigureProgress } from './configure-progress.js'
import { executionSettings } from './execution-flags.js'
import { ServiceCommand } from './service-command.js'

/** For commands that take a recipe. */
export const recipeFlag = {
  recipe: Flags.string({
    default: 'cmux',
    helpValue: '<file>',
    summary: 'A recipe file, or the name of a built-in recipe.',
  }),
}

/** A command that runs scripts of a recipe in a container. */
export abstract class ConfigureCommand<T extends typeof Command> extends ServiceCommand<T> {
  /** What runs in the container is ended first, and a container that was stopped is told to shut down. */
  static override interruptGrace = 20_000

  /** The recipe that `--recipe` names. */
  protected async recipe(reference: string): Promise<Recipe> {
    const { loadRecipe } = await import('../template/recipe/load.js')
    return loadRecipe(reference, join(this.config.root, 'recipes'))
  }

  /** Calls the service and shows how it gets on. */
  protected async configure(title: string, reference: string, request: ConfigureRequest): Promise<ConfigureOutcome> {
    const [{ configureTemplate }, { openLog, stateFolder }, { openContainerShell }, { requireApi }] = await Promise.all(
      [
        import('../template/configure/configure.js'),
        import('../template/configure/output-log.js'),
        import('../executor/open-container-shell.js'),
        import('../settings/require.js'),
      ],
    )
    const settings = await this.settings(executionSettings(this.flags))
    const api = requireApi(settings)
    const context = await this.services(title)
    const { client, clock } = context
    const log = openLog(join(stateFolder(process.env), 'log'), `configure-${reference}`, clock)
    const progress = this.progress && new ConfigureProgress(this.progress)
    try {
      return await configureTemplate(
        {
          ...context,
          log,
          onEvent: (event) => progress?.show(event),
          shellIn: (ct) =>
            openContainerShell(client, settings, ct, {
              clock,
              signal: this.signal,
              onWait: (text) => this.progress?.update(text),
              onNewHostKey: (text) => this.output.warn(text),
            }),
          afterwards: async (work) => {
            const { createPveClient } = await import('../pve/client.js')
            const other = createPveClient(api)
            try {
              await work(other)
            } finally {
              await other.close()
            }
          },
        },
        reference,
        request,
      )
    } finally {
      progress?.stop()
      log.close()
    }
  }
}
