import { die } from '../api/api-error.js'
import { configDigest } from './config-file.js'
import { type ContainerConfig, configLock, withOptions } from './container-config.js'

/** 500 `CT is locked (x)`, unless the word is one of `except` (PVE-FACTS 3). */
export function checkLock(config: ContainerConfig, ...except: readonly string[]): void {
  const lock = configLock(config)
  if (lock !== undefined && !except.includes(lock)) die(`CT is locked (${lock})`)
}

/** 500 when a digest was sent, is not empty, and is not the one of the configuration (PVE-FACTS 3.5). */
export function checkDigest(config: ContainerConfig, digest: string | undefined): void {
  if (digest !== undefined && digest !== '' && digest !== configDigest(config)) {
    die('detected modified configuration - file changed by other user? Try again.')
  }
}

/** Without its lock; with `expected` it must be that one (PVE-FACTS 3.11). 500 when it is not, or when there is none. */
export function withoutLock(config: ContainerConfig, expected?: string): ContainerConfig {
  const lock = configLock(config)
  if (lock === undefined) {
    return die(`no lock found trying to remove ${expected === undefined ? 'any lock' : `'${expected}'  lock`}`)
  }
  if (expected !== undefined && lock !== expected) die(`found lock '${lock}' trying to remove '${expected}' lock`)
  return withOptions(config, { lock: undefined })
}
