import { CmuxError } from '../errors.js'

/** A template that this pool keeps no containers of, in the words of an allocate that asks for one. */
export const unknownTemplate = (template: number): CmuxError =>
  new CmuxError('not-found', `this pool has no template ${template}`, {
    hint: 'Its templates are those of pool.yaml or POOL_TEMPLATES; without a list any template of the cluster will do.',
  })
