import { defineConfig } from 'vitest/config'

/**
 * unit: pure code, no process, no socket; one shared context, done in seconds.
 * integration: real PostgreSQL, the real SDK against the sandbox, built bundles as child processes.
 */
export default defineConfig({
  test: {
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/**/*.itg.test.ts'],
          globalSetup: ['tests/support/run-directory.ts'],
          // A machine that others keep busy is slow, not wrong.
          testTimeout: 30_000,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/**/*.itg.test.ts'],
          globalSetup: ['tests/support/run-directory.ts', 'tests/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
          // A second try tells a machine that is busy from a program that is broken; the report names who needed it.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
