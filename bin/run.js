#!/bin/sh
':' //; exec node -- "$0" "$@"
// The line above is for the shell. Without the `--` Node 20 takes an `--env-file` meant for this tool as its own and may refuse to start.
// CommonJS (see package.json beside this file): starting the ES module loader costs more than everything that --version does.
'use strict'

const { join } = require('node:path')

const argv = process.argv.slice(2)

if (argv[0] === '--version' || argv[0] === '-v') {
  const { name, version } = require('../package.json')
  process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  require('./load.js').load('main').part('src/cli.ts').main(argv, join(__dirname, '..'))
}
