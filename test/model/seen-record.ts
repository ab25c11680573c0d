import { z } from 'zod'

/** What stands in a description, read without the product's own reader: the judge must not share the defendant's glasses. */
export interface SeenRecord {
  readonly pool: string
  readonly vmid: number
  readonly state: string
  readonly generation: number
  readonly tier: { readonly kind: string }
  readonly since: number
  readonly owner: string
  readonly claim?:
    | { readonly instanceId: string; readonly id: string; readonly at: number; readonly expires?: number | undefined }
    | undefined
}

const schema = z.object({
  pool: z.string(),
  vmid: z.number(),
  state: z.string(),
  generation: z.number(),
  tier: z.object({ kind: z.string() }),
  since: z.number(),
  owner: z.string(),
  claim: z
    .object({ instanceId: z.string(), id: z.string(), at: z.number(), expires: z.number().optional() })
    .optional(),
})

const cache = new Map<string, SeenRecord | undefined>()

export function recordIn(description: string | undefined): SeenRecord | undefined {
  if (description === undefined) return undefined
  if (cache.size > 1_000) cache.clear()
  if (!cache.has(description)) cache.set(description, read(description))
  return cache.get(description)
}

function read(description: string): SeenRecord | undefined {
  const text = /<!-- cmux-pool\s+(\{.*?\})\s*-->/s.exec(description)?.[1]
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
