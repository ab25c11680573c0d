/** The container is no longer as it was when this was begun: somebody else goes on with it, or it is to be looked at anew. No failure. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'

  constructor(vmid: number, why = 'somebody else wrote to it') {
    super(`container ${vmid}: ${why}`)
  }
}
