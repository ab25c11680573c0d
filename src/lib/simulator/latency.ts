import type { Random } from './random.js'

export type LatencyProfile = 'instant' | 'realistic'

/** What takes simulated time. Sync steps are over before the answer, the others happen inside tasks and hooks. */
type LatencyStep =
  | 'read'
  | 'list'
  | 'write'
  | 'fork'
  | 'create'
  | 'linked-clone'
  | 'full-clone'
  | 'template'
  | 'pre-start'
  | 'start'
  | 'kill'
  | 'shutdown'
  | 'post-stop'
  | 'snapshot'
  | 'delete-snapshot'
  | 'rollback'
  | 'destroy'
  | 'resize'
  | 'checkpoint'

/** Milliseconds. The realistic ones follow the medians of PVE-FACTS 9. */
const PROFILES: Readonly<Record<LatencyProfile, Readonly<Record<LatencyStep, number>>>> = {
  instant: {
    read: 0,
    list: 0,
    write: 0,
    fork: 1,
    create: 5,
    'linked-clone': 3,
    'full-clone': 5,
    template: 2,
    'pre-start': 1,
    start: 2,
    kill: 2,
    shutdown: 3,
    'post-stop': 0,
    snapshot: 2,
    'delete-snapshot': 2,
    rollback: 2,
    destroy: 2,
    resize: 2,
    checkpoint: 5,
  },
  realistic: {
    read: 1,
    list: 6,
    write: 12,
    fork: 12,
    create: 600,
    'linked-clone': 130,
    'full-clone': 430,
    template: 60,
    'pre-start': 500,
    start: 700,
    kill: 1000,
    shutdown: 2900,
    'post-stop': 100,
    snapshot: 60,
    'delete-snapshot': 60,
    rollback: 60,
    destroy: 45,
    resize: 80,
    checkpoint: 400,
  },
}

export interface Latency {
  readonly profile: LatencyProfile
  /** Milliseconds that this step takes this time; realistic ones vary by a tenth. */
  of(step: LatencyStep): number
}

export function latencyTable(profile: LatencyProfile, random: Random): Latency {
  const steps = PROFILES[profile]
  return {
    profile,
    of: (step) => (profile === 'instant' ? steps[step] : Math.round(steps[step] * (0.95 + random.next() * 0.1))),
  }
}
