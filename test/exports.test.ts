import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { VERSION } from '../src/cli/version.ts';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
  exports: Record<string, string | { default: string }>;
};

const entries = Object.entries(manifest.exports).flatMap(([entry, target]) =>
  typeof target === 'string' ? [] : [[entry, target.default] as const],
);

test.each(entries)(
  'the public names of stepzero%s are those of the snapshot',
  async (_, target) => {
    const source = target.replace('./dist/', '../src/').replace('.js', '.ts');
    const module = (await import(source)) as Record<string, unknown>;
    const names = Object.keys(module).sort();
    expect(names.length).toBeGreaterThan(0);
    expect(names).toMatchSnapshot();
  },
);

test('the version that the command prints is the version of the package', () => {
  expect(VERSION).toBe(manifest.version);
});
