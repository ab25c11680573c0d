import type { Command } from '@oclif/core'
import { systemClock } from '../clock.js'
import { type CmuxError, isCmuxError } from '../errors.js'
import type { ServiceContext } from '../instance/service-context.js'
import { BaseCommand } from './base-command.js'
import type { Progress } from './output.js'

/** A command that calls a service of src/lib/instance or src/lib/template: hands it what it needs and shows how it gets on. */
export abstract class ServiceCommand<T extends typeof Command> extends BaseCommand<T> {
  /** What is shown while a service works; absent under --dry-run. */
  protected progress: Progress | undefined

  /** What services take. Until `done`, what they report is shown under `title`. */
  protected async services(title: string): Promise<ServiceContext> {
    const { timeout }: Readonly<Record<string, unknown>> = this.flags
    const client = await this.connect(typeof timeout === 'number' ? timeout : undefined)
    // A dry run does none of what a service says it does.
    this.progress = client.dryRun ? undefined : this.output.progress(title)
    return {
      client,
      clock: systemClock,
      signal: this.signal,
      onProgress: (text) => this.progress?.update(text),
      onWarning: (text) => this.output.warn(text),
    }
  }

  /** Says in a sentence how it went. */
  protected done(sentence: string): void {
    this.progress?.succeed(sentence)
  }

  /**
   * `--watch`: shows something again and again until interrupted, which is how it is meant to end. `look` prints for people and gives what
   * is an item of the stream under `--json`.
   */
  protected async repeat(look: () => Promise<unknown>, interval: number): Promise<void> {
    try {
      for (;;) {
        this.output.item(await look())
        await systemClock.sleep(interval, this.signal)
      }
    } catch (error) {
      if (!isCmuxError(error, 'interrupted')) throw error
      this.exitCode = error.exitCode
    }
  }

  /**
   * Calls a service for each of the containers named, once for one that is named twice, a few at a time, and says how each went. Gives what a single one came to, or a
   * list; when any failed, throws (see `settleBatch`).
   */
  protected async forEach<Outcome extends object>(batch: Batch<Outcome>): Promise<Outcome | readonly Outcome[]> {
    const { distinctContainers, runBatch, settleBatch } = await import('../instance/batch.js')
    const find = batch.find ?? (async (hostname: string) => (await this.connect()).containers.find(hostname))
    const references = await distinctContainers(batch.references, find)
    const outcomes = await runBatch(references, batch.run, (outcome) => {
      if (!outcome.ok) {
        if (references.length > 1) this.output.note(failureText(outcome.reference, outcome.error))
        return
      }
      this.progress?.log(batch.sentence(outcome.value))
      const { value } = outcome
      if (!batch.wait && 'upid' in value && typeof value.upid === 'string') this.output.text(value.upid)
    })
    // Each container has its line by now.
    this.progress?.end()
    return settleBatch(outcomes, batch.verb)
  }
}

/** The same for several containers. */
export interface Batch<Outcome> {
  /** VMIDs and hostnames as they were given. */
  readonly references: readonly string[]
  /** Which container a hostname names. Default: Proxmox is asked. */
  readonly find?: (hostname: string) => Promise<{ readonly vmid: number }>
  /** Word that follows "could not". */
  readonly verb: string
  /** False: the tasks go on by themselves, and their UPIDs are what is printed. */
  readonly wait: boolean
  readonly run: (reference: string) => Promise<Outcome>
  /** What to say of one that went well. */
  readonly sentence: (outcome: Outcome) => string
}

const failureText = (reference: string, { message, hint }: CmuxError): string =>
  `${reference}: ${message}${hint === undefined ? '' : `\n  ${hint}`}`
