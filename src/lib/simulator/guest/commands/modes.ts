import type { TreeNode } from '../files/tree.js'

/** `0644`, `u+x,go-w`, `a=r`: the mode that follows from the one before; undefined when it is no mode. */
export function changedMode(text: string, before: number, isDirectory: boolean): number | undefined {
  if (/^[0-7]{1,5}$/.test(text)) return Number.parseInt(text, 8) & 0o7777
  let mode = before
  for (const clause of text.split(',')) {
    const found = /^([ugoa]*)([-+=])([rwxXst]*)$/.exec(clause)
    if (found === null) return undefined
    const [, who = '', operator, permissions = ''] = found
    const everyone = who === '' || who.includes('a')
    const classes = [
      ...(everyone || who.includes('u') ? [6] : []),
      ...(everyone || who.includes('g') ? [3] : []),
      ...(everyone || who.includes('o') ? [0] : []),
    ]
    const execute = permissions.includes('x') || (permissions.includes('X') && (isDirectory || (before & 0o111) !== 0))
    const bits = (permissions.includes('r') ? 4 : 0) | (permissions.includes('w') ? 2 : 0) | (execute ? 1 : 0)
    let mask = classes.reduce((sum, shift) => sum | (bits << shift), 0)
    if (permissions.includes('s')) mask |= (classes.includes(6) ? 0o4000 : 0) | (classes.includes(3) ? 0o2000 : 0)
    if (permissions.includes('t')) mask |= 0o1000
    if (operator === '+') mode |= mask
    else if (operator === '-') mode &= ~mask
    else mode = (mode & ~classes.reduce((sum, shift) => sum | (7 << shift), 0)) | mask
  }
  return mode
}

/** `drwxr-xr-x`. */
export function modeText(node: TreeNode): string {
  const letters = 'rwxrwxrwx'
  const bits = [...letters].map((letter, index) => ((node.mode >> (8 - index)) & 1 ? letter : '-'))
  if (node.mode & 0o4000) bits[2] = bits[2] === 'x' ? 's' : 'S'
  if (node.mode & 0o2000) bits[5] = bits[5] === 'x' ? 's' : 'S'
  if (node.mode & 0o1000) bits[8] = bits[8] === 'x' ? 't' : 'T'
  return { file: '-', directory: 'd', symlink: 'l', device: 'c' }[node.kind] + bits.join('')
}
