import { CmuxError } from '../errors.js'

/** Refuses what can be no `USER`, `USER:GROUP` or `:GROUP` for chown(1), by name or number; whether the container has them it alone knows. */
export function checkOwner(text: string): void {
  if (/^(?=.*[^:])(?:[^\s:/-][^\s:/]*)?(?::(?:[^\s:/-][^\s:/]*)?)?$/.test(text)) return
  throw new CmuxError('invalid', `'${text}' is not the owner of a file`, {
    hint: 'Write USER or USER:GROUP, such as www-data or root:adm.',
  })
}
