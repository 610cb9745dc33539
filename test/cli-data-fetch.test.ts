import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dataSets } from '../src/data/index.ts';
import { failure, folder, json, MAIN } from './run-command.ts';

const DATA = resolve(import.meta.dirname, '../../shared/data/mnist');
const isThere = existsSync(DATA);
if (!isThere) console.log(`skipped: ${DATA} is not there`);

let server: Server;
let address = '';
/** Bytes after which the server breaks off. */
let breaksAfter = Infinity;

beforeAll(async () => {
  server = createServer((request, response) => {
    const file = join(DATA, (request.url ?? '').replace('/mnist', ''));
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const all = readFileSync(file);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': all.length - from,
      'content-range': `bytes ${from}-${all.length - 1}/${all.length}`,
    });
    const sent = all.subarray(from, from + breaksAfter);
    response.write(sent, () => {
      if (from + sent.length < all.length) response.destroy();
      else response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const at = server.address();
  address = typeof at === 'object' && at !== null ? `http://127.0.0.1:${at.port}/mnist` : '';
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs `stepzero` while this process serves. */
function run(
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += String(text)));
    child.stderr.on('data', (text) => (stderr += String(text)));
    child.on('close', (status) => done({ status, stdout, stderr }));
  });
}

describe.skipIf(!isThere)('data fetch', () => {
  test('fetches MNIST from a mirror that compressed it anew, goes on after a break, and says how to use it', async () => {
    breaksAfter = 100_000;
    const broken = await run('data', 'fetch', 'mnist', '--from', address, '-o', 'm');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(
      /^stepzero: http:\S+\/mnist\/train-images-idx3-ubyte\.gz: must be sent to its end \(run it again to go on from \d+ bytes\), got a broken connection\n$/,
    );
    expect(readdirSync(join(folder, 'm'))).toEqual(['train-images-idx3-ubyte.gz.part']);
    breaksAfter = Infinity;
    const whole = await run('data', 'fetch', 'mnist', '--from', `${address}/`, '-o', 'm');
    expect(whole).toEqual({
      status: 0,
      stderr: '',
      stdout:
        'Fetched 4 of 4 files of mnist are in m, with the published checksums.\nTo learn them: --data mnist:m\n',
    });
    const { files, data } = json('data', 'fetch', 'mnist', '-o', 'm') as {
      data: string;
      files: { path: string; how: string }[];
    };
    expect(data).toBe('mnist:m');
    expect(files.map(({ how }) => how)).toEqual(['there', 'there', 'there', 'there']);
    expect(readdirSync(join(folder, 'm')).toSorted()).toEqual(readdirSync(DATA).toSorted());
  });
});

test('what cannot be fetched gets one sentence', () => {
  expect(failure('data', 'fetch', 'mnist', '--from', 'mirror.org')).toEqual({
    sentence:
      'stepzero: --from: must be an address that begins with http:// or https://, got mirror.org',
    status: 2,
  });
});

test('data list has every data set with its form', () => {
  const found = json('data', 'list')['dataSets'] as { name: string; form: string }[];
  expect(found.map(({ name, form }) => [name, form])).toEqual(
    dataSets.map(({ name, form }) => [name, form]),
  );
});
