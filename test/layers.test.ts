import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../src');
const TABLE = resolve(import.meta.dirname, '../docs/architecture.md');

const BROWSER = new Set([
  'numeric',
  'tensor',
  'random',
  'graph',
  'activation',
  'network',
  'init',
  'tfjs',
  'jax-js',
  'advise',
  'emit',
  'meanfield',
  'autodiff',
  'data',
  'optim',
  'train',
]);

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : [];
  });
}

/** Every import of a file: the specifier, resolved to a path if it is relative. */
function importsOf(file: string): { specifier: string; target: string | null }[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  );
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3];
    const target = specifier.startsWith('.') ? resolve(dirname(file), specifier) : null;
    return { specifier, target };
  });
}

/** The top folder of a file below src/, `null` for src/index.ts. */
function folderOf(file: string): string | null {
  const path = relative(SOURCE, file);
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : null;
}

function allowedImports(): Map<string, Set<string>> {
  const rows = readFileSync(TABLE, 'utf8').matchAll(/^\| `([\w-]+)\/`\s*\|[^|]*\|([^|]*)\|$/gm);
  return new Map([...rows].map(([, folder, list]) => [folder, new Set(list.match(/[\w-]+/g))]));
}

const files = filesBelow(SOURCE);
const sources = files.filter((file) => !file.endsWith('.test.ts'));
const allowed = allowedImports();

test('every folder below src/ has a row in the table of docs/architecture.md', () => {
  const folders = readdirSync(SOURCE).filter((name) => statSync(join(SOURCE, name)).isDirectory());
  expect([...allowed.keys()].sort()).toEqual(folders.sort());
});

test('a folder imports only from the folders on its row, and through their index.ts', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const folder = folderOf(file);
    if (folder === null) continue;
    for (const { specifier, target } of importsOf(file)) {
      if (target === null) continue;
      const other = folderOf(target);
      if (other === folder) continue;
      const isAllowed = other !== null && allowed.get(folder)?.has(other) === true;
      if (!isAllowed || target !== join(SOURCE, other, 'index.ts')) {
        wrong.push(`${relative(SOURCE, file)} imports ${specifier}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('the table has no cycles', () => {
  const done = new Set<string>();
  const visit = (folder: string, path: readonly string[]): void => {
    if (path.includes(folder)) throw new Error([...path, folder].join(' → '));
    if (done.has(folder)) return;
    for (const next of allowed.get(folder) ?? []) visit(next, [...path, folder]);
    done.add(folder);
  };
  expect(() => {
    for (const folder of allowed.keys()) visit(folder, []);
  }).not.toThrow();
});

test('no two source files import each other in a circle', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push(
        [...path.slice(path.indexOf(file)), file].map((f) => relative(SOURCE, f)).join(' → '),
      );
      return;
    }
    if (done.has(file)) return;
    done.add(file);
    for (const { target } of importsOf(file)) if (target !== null) visit(target, [...path, file]);
  };
  for (const file of sources) visit(file, []);
  expect(circles).toEqual([]);
});

test('what runs in a browser imports no node: module and no package that needs one', () => {
  const wrong = sources
    .filter((file) => BROWSER.has(folderOf(file) ?? ''))
    .flatMap((file) =>
      importsOf(file)
        .filter(
          ({ specifier }) => specifier.startsWith('node:') || specifier.startsWith('onnxruntime'),
        )
        .map(({ specifier }) => `${relative(SOURCE, file)} imports ${specifier}`),
    );
  expect(wrong).toEqual([]);
});

test('only runtime/ imports onnxruntime, and only files/ and cli/ import the file system', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => {
        const folder = folderOf(file) ?? '';
        if (specifier.startsWith('onnxruntime')) return folder !== 'runtime';
        return specifier.startsWith('node:fs') && folder !== 'files' && folder !== 'cli';
      })
      .map(({ specifier }) => `${relative(SOURCE, file)} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

test('the optional peers are imported by the folder that is for them, and by nothing else', () => {
  const peers: Readonly<Record<string, string>> = {
    '@tensorflow/tfjs': 'tfjs',
    '@jax-js/jax': 'jax-js',
  };
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => /^@(tensorflow|jax-js)\//.test(specifier))
      .filter(({ specifier }) => peers[specifier] !== folderOf(file))
      .map(({ specifier }) => `${relative(SOURCE, file)} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
  const used = new Set(sources.flatMap((file) => importsOf(file).map((of) => of.specifier)));
  expect(Object.keys(peers).filter((peer) => !used.has(peer))).toEqual([]);
});
