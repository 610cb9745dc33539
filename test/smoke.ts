/**
 * Installs the packed package into an empty folder and uses it there as a stranger would: the command
 * on a named architecture, and every entry point of the library.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import assert from 'node:assert/strict';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'stepzero-smoke-'));
const run = (command: string, args: readonly string[]): string =>
  execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

try {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', allowScripts: { 'onnxruntime-node': false } }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--silent', join(folder, packed)]);
  const command = join(folder, 'node_modules/stepzero/dist/bin/main.js');

  assert.match(run(process.execPath, [command, '--help']), /stepzero init model\.onnx/);
  const report = JSON.parse(
    run(process.execPath, [
      command,
      'init',
      'mlp:8-16x3-2:relu',
      '-o',
      'net.onnx',
      '--html',
      'net.html',
      '--json',
    ]),
  ) as { parameters: unknown[]; signal: { after: unknown[] }; verdict: string };
  assert.equal(report.parameters.length, 8);
  assert.ok(report.signal.after.length > 0);
  assert.ok(existsSync(join(folder, 'net.onnx')));
  assert.match(readFileSync(join(folder, 'net.html'), 'utf8'), /^<!doctype html>/i);

  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
    peerDependencies: Record<string, string>;
  };
  const peers = new Map([
    ['./jax-js', '@jax-js/jax'],
    ['./tfjs', '@tensorflow/tfjs'],
  ]);
  assert.deepEqual(Object.keys(manifest.peerDependencies).sort(), [...peers.values()].sort());
  const entries = Object.keys(manifest.exports).filter(
    (entry) => !entry.endsWith('.json') && !peers.has(entry),
  );
  const program = entries
    .map((entry, i) => `import * as m${i} from 'stepzero${entry.slice(1)}';`)
    .concat(
      `console.log([${entries.map((_, i) => `Object.keys(m${i}).length > 0`).join()}].every(Boolean))`,
    )
    .join('\n');
  assert.equal(run(process.execPath, ['--input-type=module', '-e', program]).trim(), 'true');

  for (const [entry, peer] of peers) {
    assert.ok(entry in manifest.exports);
    const code = `import('stepzero${entry.slice(1)}').then(() => 'no error', (error) => error.message).then(console.log)`;
    const message = run(process.execPath, ['--input-type=module', '-e', code]);
    assert.ok(message.startsWith(`Cannot find package '${peer}'`), message);
  }
  console.log(`smoke: ${packed} installs, runs and imports (${entries.length} entry points)`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
