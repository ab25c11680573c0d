import { z } from 'zod'
import { bytesOf, type Content, contentOf } from './files/content.js'
import type { DirectoryNode, TreeNode } from './files/tree.js'

/** A volume's present content and its snapshots. */
export interface VolumeTrees {
  readonly root: DirectoryNode
  readonly snapshots: ReadonlyMap<string, DirectoryNode>
}

const ATTRIBUTES = { mode: z.number(), uid: z.number(), gid: z.number(), mtime: z.number() }
const DEVICES = ['null', 'zero', 'full', 'random', 'tty', 'stdin', 'stdout', 'stderr'] as const
const nodeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), ...ATTRIBUTES, content: z.number() }),
  z.object({ kind: z.literal('directory'), ...ATTRIBUTES, entries: z.record(z.string(), z.number()) }),
  z.object({ kind: z.literal('symlink'), ...ATTRIBUTES, target: z.string() }),
  z.object({ kind: z.literal('device'), ...ATTRIBUTES, device: z.enum(DEVICES) }),
])
const imageSchema = z.object({
  /** Base64. */
  contents: z.array(z.string()),
  /** Children come before their directories; numbers are places in these lists. */
  nodes: z.array(nodeSchema),
  volumes: z.record(z.string(), z.object({ root: z.number(), snapshots: z.record(z.string(), z.number()) })),
})

/** All volumes as one JSON value, in which what they share is written once. */
export type VolumeImage = z.infer<typeof imageSchema>

export function imageOf(volumes: Iterable<readonly [string, VolumeTrees]>): VolumeImage {
  const image: VolumeImage = { contents: [], nodes: [], volumes: {} }
  const nodes = new Map<TreeNode, number>()
  const contents = new Map<Content, number>()
  const contentNumber = (content: Content) =>
    numberOf(contents, content, () => image.contents.push(bytesOf(content).toString('base64')))
  const nodeNumber = (node: TreeNode): number => {
    const known = nodes.get(node)
    if (known !== undefined) return known
    if (node.kind === 'directory') {
      const entries = Object.fromEntries([...node.entries].map(([name, entry]) => [name, nodeNumber(entry)]))
      return numberOf(nodes, node, () => image.nodes.push({ ...node, entries }))
    }
    if (node.kind !== 'file') return numberOf(nodes, node, () => image.nodes.push(node))
    const content = contentNumber(node.content)
    return numberOf(nodes, node, () => image.nodes.push({ ...node, content }))
  }
  for (const [id, { root, snapshots }] of volumes) {
    const named = [...snapshots].map(([name, tree]) => [name, nodeNumber(tree)] as const)
    image.volumes[id] = { root: nodeNumber(root), snapshots: Object.fromEntries(named) }
  }
  return image
}

/** The volumes of an image, sharing what they shared. Throws an Error when it is none. */
export function volumesOf(state: unknown): ReadonlyMap<string, VolumeTrees> {
  const image = imageSchema.parse(state)
  const contents = image.contents.map((text) => contentOf(Buffer.from(text, 'base64')))
  const nodes: TreeNode[] = []
  for (const node of image.nodes) {
    if (node.kind === 'file') nodes.push({ ...node, content: at(contents, node.content) })
    else if (node.kind !== 'directory') nodes.push(node)
    else {
      const entries = Object.entries(node.entries).map(([name, number]) => [name, at(nodes, number)] as const)
      nodes.push({ ...node, entries: new Map(entries) })
    }
  }
  const tree = (number: number) => {
    const node = at(nodes, number)
    if (node.kind !== 'directory') throw new Error('the root of a volume is not a directory')
    return node
  }
  return new Map(
    Object.entries(image.volumes).map(([id, { root, snapshots }]) => [
      id,
      {
        root: tree(root),
        snapshots: new Map(Object.entries(snapshots).map(([name, number]) => [name, tree(number)])),
      },
    ]),
  )
}

/** The number of a thing; `add` answers how many there are once it was written. */
function numberOf<Thing>(numbers: Map<Thing, number>, thing: Thing, add: () => number): number {
  const known = numbers.get(thing)
  if (known !== undefined) return known
  const number = add() - 1
  numbers.set(thing, number)
  return number
}

function at<Item>(list: readonly Item[], number: number): Item {
  const item = list[number]
  if (item === undefined) throw new Error('the image of the volumes is damaged')
  return item
}
