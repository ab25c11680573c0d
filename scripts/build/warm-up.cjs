// Runs one command line and keeps the code that V8 has compiled for it.
'use strict'

const { renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { createCodeCaches, load } = require('../../bin/load.js')

process.on('exit', () => {
  for (const { file, content } of createCodeCaches()) {
    writeFileSync(`${file}.${process.pid}`, content)
    renameSync(`${file}.${process.pid}`, file)
  }
})
load('main').part('src/cli.ts').main(process.argv.slice(2), join(__dirname, '../..'))
