import { FEATURES, type Sections, said } from './inspection-script.js'

/** What a node's own programs say about it. */
export interface NodeFacts {
  /** `4.1.1`. Absent: it cannot be run. */
  readonly criu?: string
  readonly lxc?: string
  readonly kernel: string
  /** criu calls iptables-restore for the network of whatever it dumps. */
  readonly iptables: boolean
  /** Bytes where the images go. */
  readonly free: number
  readonly total: number
  /** Only of a full look: see INSPECTION_SCRIPT. */
  readonly full?: FullFacts
}

interface FullFacts {
  /** First line of `pveversion`. */
  readonly pve?: string
  readonly check: { readonly ok: boolean; readonly said: string }
  readonly features: readonly { readonly name: string; readonly supported: boolean }[]
}

export function nodeFacts(sections: Sections): NodeFacts {
  const criu = /Version: (\S+)/.exec(said(sections, 'criu') ?? '')?.[1]
  const lxc = /^\d+(?:\.\d+)+/.exec(said(sections, 'lxc') ?? '')?.[0]
  const [, total = 0, , available = 0] = (sections.get('space')?.lines.at(-1) ?? '').trim().split(/\s+/).map(Number)
  return {
    ...(criu !== undefined && { criu }),
    ...(lxc !== undefined && { lxc }),
    kernel: said(sections, 'kernel') ?? '',
    iptables: sections.get('iptables')?.status === 0,
    free: available * 1024,
    total: total * 1024,
    ...(sections.has('check') && { full: fullFacts(sections) }),
  }
}

function fullFacts(sections: Sections): FullFacts {
  const pve = said(sections, 'pve')
  const check = sections.get('check')
  return {
    ...(pve !== undefined && { pve }),
    check: { ok: check?.status === 0, said: verdict(check?.lines ?? []) },
    features: FEATURES.map((name) => ({ name, supported: sections.get(`feature ${name}`)?.status === 0 })),
  }
}

/** Of many lines the one that says why: the first error, else the last one (PVE-FACTS 7.6). */
const verdict = (lines: readonly string[]): string =>
  (lines.find((line) => line.includes('Error (')) ?? lines.at(-1) ?? '').trim()

/** Whether a version such as `6.18.5-1-pve` comes before another: `precedes('6.9', '6.16')`. Nothing is known: no. */
export function precedes(version: string | undefined, other: string): boolean {
  if (version === undefined) return false
  const [ours, theirs] = [numbers(version), numbers(other)]
  for (const [index, number] of theirs.entries()) {
    const own = ours[index] ?? 0
    if (own !== number) return own < number
  }
  return false
}

const numbers = (version: string): readonly number[] =>
  (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number)
