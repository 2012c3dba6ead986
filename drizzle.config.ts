import { defineConfig } from 'drizzle-kit'

/** For `npm run migration` alone; `casing` must be the one that core/adapters/postgres/connect.ts names. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './core/adapters/postgres/schema/*.ts',
  out: './migrations',
  casing: 'snake_case',
})
