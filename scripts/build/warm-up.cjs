// Runs one command line and keeps the code that V8 has compiled for it.
'use strict'

const { renameSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const v8 = require('node:v8')
const { createCodeCaches, load } = require('../../bin/load.js')

// A cache is only good for the flags that it was made under, and those of a start are the default ones.
v8.setFlagsFromString = () => {}

process.on('exit', () => {
  for (const { file, content } of createCodeCaches()) {
    writeFileSync(`${file}.${process.pid}`, content)
    renameSync(`${file}.${process.pid}`, file)
  }
})
load('main').part('src/cli.ts').main(process.argv.slice(2), join(__dirname, '../..'))
