/**
 * Puts the command into a few files instead of some 400, which Node would look up one by one: half of the
 * time from start to work. Packages stay where they are installed. Part of `npm run build`.
 */
import { isAbsolute, resolve } from 'node:path';
import { build } from 'rolldown';

const dist = resolve(import.meta.dirname, '../dist');

await build({
  input: { main: resolve(dist, 'cli/main.js'), worker: resolve(dist, 'threads/worker.js') },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  output: { dir: resolve(dist, 'bin'), format: 'esm', cleanDir: true },
});
