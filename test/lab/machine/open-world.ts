import { resolve } from 'node:path'
import { install } from '../installation.js'
import { openWorld } from '../world.js'

/** A program that opens a world, prints its traces and waits for its own end. */
const world = await openWorld(await install(process.env, resolve('test/lab')))
process.stdout.write(`${JSON.stringify(world.traces)}\n`)
setInterval(() => {}, 60_000)
