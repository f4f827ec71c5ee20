import type { LanguageName } from '../decide/types.ts'
import { iam } from './iam.ts'
import { ram } from './ram.ts'
import type { LanguageDefinition } from './types.ts'

/** Both languages, by name. The engine reads what differs between them from here and nowhere else. */
export const languages: Readonly<Record<LanguageName, LanguageDefinition>> = Object.freeze({ ram, iam })
