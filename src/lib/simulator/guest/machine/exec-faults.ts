/** What a fault script orders for one command: the part of an action that a guest can carry out. */
export interface ExecFault {
  readonly do: string
  readonly message?: string | undefined
  readonly ms?: number | undefined
  readonly code?: number | undefined
}

/** The fault script as guests see it. */
export interface ExecFaults {
  at(point: string, attributes: Record<string, string | number>): ExecFault | undefined
}
