#!/bin/sh
':' //; exec node -- "$0" "$@"
// Builds what has changed and runs it, with stack traces that point into src/.
'use strict'

const { spawnSync } = require('node:child_process')
const { join } = require('node:path')

const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
const inRoot = (path) => join(__dirname, '..', path)

const built = node(inRoot('scripts/run.mjs'), inRoot('scripts/build.ts'), '--if-stale')
process.exitCode =
  built === 0 ? node('--enable-source-maps', '--', join(__dirname, 'run.js'), ...process.argv.slice(2)) : built
