import type { Compound, Script } from './ast.js'
import { conditionHolds } from './condition.js'
import type { Engine } from './engine.js'
import { expandPattern, expandText, expandWords } from './expand.js'
import { matchesPattern } from './pattern.js'
import { Leave, type ShellState, setVariable } from './shell-state.js'

/** Runs `if`, `while`, `for`, `case`, `{ … }`, `( … )` and `[[ … ]]`. */
export async function runCompound(engine: Engine, state: ShellState, body: Compound): Promise<void> {
  switch (body.kind) {
    case 'group':
      await runBlock(engine, state, body.body)
      return
    case 'subshell':
      state.lastStatus = await engine.inSubshell(state, state.descriptors, (inner) =>
        runBlock(engine, inner, body.body),
      )
      return
    case 'if':
      for (const branch of body.branches) {
        await tolerating(state, () => runBlock(engine, state, branch.condition))
        if (state.lastStatus === 0) return runBlock(engine, state, branch.body)
      }
      state.lastStatus = 0
      if (body.otherwise !== undefined) await runBlock(engine, state, body.otherwise)
      return
    case 'loop':
      return runLoop(
        engine,
        state,
        async () => {
          await tolerating(state, () => runBlock(engine, state, body.condition))
          return (state.lastStatus === 0) !== body.until
        },
        body.body,
      )
    case 'for': {
      const words =
        body.words === undefined
          ? [...state.positional]
          : await expandWords(body.words, state, (script) => engine.substitute(state, script))
      const remaining = words.values()
      return runLoop(
        engine,
        state,
        async () => {
          const next = remaining.next()
          if (next.done !== true) setVariable(state, body.name, next.value)
          return next.done !== true
        },
        body.body,
      )
    }
    case 'case': {
      const text = await expandText(body.word, state, (script) => engine.substitute(state, script))
      state.lastStatus = 0
      for (const item of body.items) {
        for (const pattern of item.patterns) {
          if (!matchesPattern(text, await expandPattern(pattern, state, (script) => engine.substitute(state, script))))
            continue
          return runBlock(engine, state, item.body)
        }
      }
      return
    }
    case 'condition': {
      const words = await Promise.all(
        body.words.map((word) => expandPattern(word, state, (script) => engine.substitute(state, script))),
      )
      state.lastStatus = conditionHolds(words, state) ? 0 : 1
      if (state.lastStatus !== 0 && state.options.errexit && state.tolerant === 0) throw new Leave('exit', 1)
    }
  }
}

export async function runBlock(engine: Engine, state: ShellState, script: Script): Promise<void> {
  if (script.length > 0) await engine.runScript(state, script)
  else state.lastStatus = 0
}

async function runLoop(engine: Engine, state: ShellState, more: () => Promise<boolean>, body: Script): Promise<void> {
  let status = 0
  state.loopDepth++
  try {
    while (await more()) {
      try {
        await runBlock(engine, state, body)
      } catch (error) {
        if (!(error instanceof Leave) || (error.how !== 'break' && error.how !== 'continue')) throw error
        if (error.count > 1 && state.loopDepth > 1) throw new Leave(error.how, error.count - 1)
        state.lastStatus = 0
        if (error.how === 'break') {
          status = 0
          break
        }
      }
      status = state.lastStatus
    }
  } finally {
    state.loopDepth--
  }
  state.lastStatus = status
}

/** Runs a condition, in which a failure does not end a `set -e` shell. */
export async function tolerating(state: ShellState, body: () => Promise<void>): Promise<void> {
  state.tolerant++
  try {
    await body()
  } finally {
    state.tolerant--
  }
}
