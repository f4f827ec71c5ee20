import type { LanguageDefinition } from '../language/types.ts'
import type { PolicyDocument } from './model.ts'
import type { Report } from './syntax.ts'

/** What the clouds accept and an author should know: warnings, from the catalogue. */
export function checkDocument(_document: PolicyDocument, _language: LanguageDefinition, _to: Report): void {}
