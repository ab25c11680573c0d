import { resolve } from 'node:path'
import { install } from '../installation.js'
import { openWorld } from '../world.js'

/** A program that opens two worlds, prints the traces of both and waits for its own end. */
const installation = await install(process.env, resolve('test/lab'))
const worlds = await Promise.all([openWorld(installation), openWorld(installation)])
process.stdout.write(`${JSON.stringify(worlds.map(({ traces }) => traces))}\n`)
setInterval(() => {}, 60_000)
