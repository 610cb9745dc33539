import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // All cores: many tests wait for processes that they have started.
    maxWorkers: '100%',
    testTimeout: 60_000,
    setupFiles: ['test/setup.ts'],
  },
});

export default config;
