/** Part of undici by its path: a third of the start-up time of the whole package. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici'

  const PoolClass: typeof Pool
  export default PoolClass
}
