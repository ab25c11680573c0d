const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** strftime in UTC, for the letters that scripts use. */
export function formatDate(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const letters: Readonly<Record<string, string>> = {
    Y: String(date.getUTCFullYear()),
    y: two(date.getUTCFullYear() % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    e: String(date.getUTCDate()).padStart(2),
    H: two(date.getUTCHours()),
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    N: `${String(date.getUTCMilliseconds()).padStart(3, '0')}000000`,
    s: String(Math.floor(date.getTime() / 1000)),
    a: DAYS[date.getUTCDay()] ?? '',
    b: MONTHS[date.getUTCMonth()] ?? '',
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    t: '\t',
    '%': '%',
  }
  return format
    .replaceAll('%F', '%Y-%m-%d')
    .replaceAll('%T', '%H:%M:%S')
    .replaceAll('%R', '%H:%M')
    .replace(/%-?([a-zA-Z%])/g, (whole, letter: string) => {
      const text = letters[letter] ?? whole
      return whole.includes('-') ? text.replace(/^[0 ]+(?=.)/, '') : text
    })
}
