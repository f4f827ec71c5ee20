import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'

// Both are CommonJS whose types promise a default export that Node does not make of it.
const require = createRequire(import.meta.url)
const { Ajv2020 } = require('ajv/dist/2020.js') as { Ajv2020: typeof Ajv }
const Ajv04 = require('ajv-draft-04') as typeof Ajv
const addFormats = require('ajv-formats') as (ajv: Ajv) => void

/** Compiles a schema of ours, strictly: a keyword that means nothing is a mistake. */
export function strictly(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true })
  ajv.addVocabulary(['enumDescriptions'])
  return ajv.compile(schema)
}

/** The official schema of SARIF 2.1.0, which is of an older draft and has a pattern that is none in Unicode mode. */
export function sarifValidator(): ValidateFunction {
  const ajv = new Ajv04({ strict: false, allErrors: true, unicodeRegExp: false })
  addFormats(ajv)
  return ajv.compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'))
}
