import { CmuxError } from '../errors.js'

/** What criu can do on a kernel that matters here, by the words that `criu check --feature` takes. */
export const FEATURES = [
  'aio_remap',
  'apparmor_stacking',
  'cgroupns',
  'clone3_set_tid',
  'mem_dirty_track',
  'memfd_hugetlb',
  'ns_pid',
  'timens',
] as const

/**
 * Looks at a node and at some of its containers: `sh -s -- full|quick FOLDER FEATURES VMID…`. FOLDER: where checkpoints are kept, or are to be. `quick`
 * leaves out what only people want to know, for criu's own checks take longer than all the rest.
 *
 * The answer is made of sections: `@name`, the lines of what was said with `|` before each, `=status`. A container's follow
 * `@container VMID`; the last line is `@end`. Plain POSIX.
 */
export const INSPECTION_SCRIPT = String.raw`
mode=$1 folder=$2 features=$3
shift 3

section() {
  echo "@$1"
  shift
  said=$("$@" 2>&1 </dev/null)
  status=$?
  [ -z "$said" ] || while IFS= read -r line; do printf '|%s\n' "$line"; done <<LINES
$said
LINES
  echo "=$status"
}

space() {
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  df -Pk "$folder"
}

sockets() {
  for table in tcp tcp6 udp udp6 raw raw6 packet; do
    [ -r "/proc/$1/net/$table" ] || continue
    header=yes
    while IFS= read -r line; do
      [ -n "$header" ] || printf '%s %s\n' "$table" "$line"
      header=
    done <"/proc/$1/net/$table"
  done
  return 0
}

members() {
  space=$(readlink "/proc/$1/ns/pid")
  ls -l /proc/[0-9]*/ns/pid 2>/dev/null | grep -F -e "-> $space" | sed 's|.* /proc/\([0-9]*\)/ns/pid .*|\1|'
}

processes() {
  files=
  for member in $members; do files="$files /proc/$member/status"; done
  [ -n "$files" ] || return 0
  sed -n -e '/^Name:/p' -e '/^State:/p' -e '/^Pid:/p' -e '/^PPid:/p' -e '/^NSpid:/p' -e '/^NSsid:/p' -e '/^RssAnon:/p' -e '/^RssShmem:/p' $files 2>/dev/null
  return 0
}

descriptors() {
  files=
  for member in $members; do files="$files /proc/$member/fd/*"; done
  [ -n "$files" ] || return 0
  ls -ld $files 2>/dev/null | sed -n -e 's|.* /proc/\([0-9]*\)/fd/[0-9]* -> \(/dev/.*\)|\1 \2|p' -e 's|.* /proc/\([0-9]*\)/fd/[0-9]* -> \(anon_inode:.*\)|\1 \2|p'
  return 0
}

section criu criu --version
section lxc lxc-checkpoint --version
section kernel uname -r
section iptables command -v iptables-restore
section space space
if [ "$mode" = full ]; then
  section pve pveversion
  section check criu check
  for feature in $features; do section "feature $feature" criu check --feature "$feature"; done
fi
for vmid; do
  echo "@container $vmid"
  section config cat "/var/lib/lxc/$vmid/config"
  init=$(lxc-info -n "$vmid" -p -H 2>/dev/null </dev/null)
  section init echo "$init"
  [ -n "$init" ] || continue
  members=$(members "$init")
  section program readlink "/proc/$init/exe"
  section label cat "/proc/$init/attr/current"
  section mounts cat "/proc/$init/mountinfo"
  section sockets sockets "$init"
  section processes processes
  section descriptors descriptors
done
echo @end
`

/** What one program said, and how it ended. */
export interface Section {
  readonly lines: readonly string[]
  readonly status: number
}

export type Sections = ReadonlyMap<string, Section>

export interface Inspection {
  readonly node: Sections
  readonly containers: ReadonlyMap<number, Sections>
}

/** Reads the answer of the script. An answer that is not whole, or not the script's, is refused. */
export function parseInspection(answer: string, node: string): Inspection {
  const lines = answer.split('\n')
  const nodeSections = new Map<string, Section>()
  const containers = new Map<number, Map<string, Section>>()
  let sections = nodeSections
  let open: { readonly name: string; readonly lines: string[] } | undefined
  for (const [index, line] of lines.entries()) {
    const [mark, rest] = [line.charAt(0), line.slice(1)]
    if (open !== undefined) {
      if (mark === '|') open.lines.push(rest)
      else if (mark === '=' && /^\d+$/.test(rest)) {
        sections.set(open.name, { lines: open.lines, status: Number(rest) })
        open = undefined
      } else break
    } else if (line === '@end' && lines.slice(index + 1).every((more) => more === '')) {
      return { node: nodeSections, containers }
    } else if (mark === '@') {
      const vmid = /^container (\d+)$/.exec(rest)?.[1]
      if (vmid === undefined) open = { name: rest, lines: [] }
      else {
        sections = new Map()
        containers.set(Number(vmid), sections)
      }
    } else break
  }
  throw new CmuxError('failed', `Node ${node} gave no complete answer about what it runs`, {
    hint: `Do start-up files of root on node ${node} print something, or did the connection break?`,
  })
}

/** The first line of a section of a program that succeeded. */
export function said(sections: Sections, name: string): string | undefined {
  const section = sections.get(name)
  return section?.status === 0 ? section.lines[0]?.trim() : undefined
}
