// Runs one command line and keeps the code that V8 has compiled for it.
'use strict'

const { renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { createCodeCache, main } = require('../../bin/load.js')

const root = join(__dirname, '../..')
const file = join(root, 'dist/cli/bundle.cjs.cache')

process.on('exit', () => {
  writeFileSync(`${file}.${process.pid}`, createCodeCache())
  renameSync(`${file}.${process.pid}`, file)
})
main(process.argv.slice(2), root)
