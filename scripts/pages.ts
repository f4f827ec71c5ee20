import { settingsPage } from '@keyward/server/host/settings-page'

/** The files that are made from the code, with their text. */
export function generatedPages(): readonly (readonly [file: string, text: string])[] {
  return [['docs/settings.md', settingsPage()]]
}
