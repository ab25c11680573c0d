import type { ErrorCode } from '../errors.js'

/** `ok` works, `warning` works but will hurt somebody, `failed` does not work, `skipped` could not be looked at. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped'

/** The groups of a diagnosis, in the order in which they are looked at. */
export type Topic = 'settings' | 'tls' | 'token' | 'version' | 'privileges' | 'nodes' | 'storages' | 'template' | 'ssh'

/** One line of a diagnosis. A failed one names its remedy. */
export interface Finding {
  readonly topic: Topic
  readonly verdict: Verdict
  /** What was looked at, in a few words: `storage local-lvm`. */
  readonly subject: string
  /** What was found: one sentence. */
  readonly detail: string
  /** What to do about it. */
  readonly remedy?: string
  /** For a failed one: the error code, and so the exit code, that it stands for. */
  readonly code?: ErrorCode
}

const SEVERITY: Readonly<Record<Verdict, number>> = { ok: 0, skipped: 1, warning: 2, failed: 3 }

/** The finding that matters most: the first of the gravest. Undefined for an empty list. */
export function worstFinding(findings: readonly Finding[]): Finding | undefined {
  return findings.reduce<Finding | undefined>(
    (worst, finding) => (worst === undefined || SEVERITY[finding.verdict] > SEVERITY[worst.verdict] ? finding : worst),
    undefined,
  )
}
