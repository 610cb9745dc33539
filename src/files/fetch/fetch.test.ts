import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fetchData, publishedSet, type FetchedFile, type PublishedSet } from './index.ts';
import { readTar } from './tar.ts';

const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 251);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What the server does with a request for a file from byte `from` on. */
type Behaviour = (response: ServerResponse, from: number, request: IncomingMessage) => void;

const sends =
  (bytes: Uint8Array, { ranges = true, breaksAfter = Infinity } = {}): Behaviour =>
  (response, asked) => {
    const from = ranges ? asked : 0;
    if (from >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': bytes.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (bytes.length - from > breaksAfter) {
      response.write(bytes.subarray(from, from + breaksAfter), () => response.destroy());
    } else {
      response.end(bytes.subarray(from));
    }
  };

let behaviour: Behaviour = (response) => response.writeHead(404).end();
const asked: string[] = [];
let server: Server;
let address = '';
const root = mkdtempSync(join(tmpdir(), 'stepzero-fetch-'));
let folder = '';
let count = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    asked.push(`${request.url}${range === undefined ? '' : ` from ${range}`}`);
    behaviour(response, Number(range ?? 0), request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  address = typeof at === 'object' && at !== null ? `http://127.0.0.1:${at.port}` : '';
});
beforeEach(() => {
  folder = join(root, `${count++}`);
  asked.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true });
});

const set: PublishedSet = {
  name: 'small',
  from: 'http://127.0.0.1/',
  bytes: content.length,
  files: [{ name: 'a.bin', sha256: sha256(content) }],
};
const fetched = (from = address, patience = 5000): Promise<readonly FetchedFile[]> =>
  fetchData(set, folder, { from, patience });
/** What an attempt says, the address of the server as SERVER. */
const sentence = async (work: Promise<unknown>): Promise<string> => {
  const message = await work.then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return message.replaceAll(address, 'SERVER').replaceAll(folder, 'FOLDER');
};

describe('fetching', () => {
  test('brings a file, tells how far it is, and does not fetch it again', async () => {
    behaviour = sends(content);
    const told: (readonly [string, number, number | null])[] = [];
    const files = await fetchData(set, folder, {
      from: `${address}/data/`,
      progress: (...what) => told.push(what),
    });
    expect(files).toEqual([{ path: join(folder, 'a.bin'), bytes: 200_000, how: 'fetched' }]);
    expect(readFileSync(join(folder, 'a.bin')).equals(content)).toBe(true);
    expect([told[0], told.at(-1)]).toEqual([
      ['a.bin', 0, 200_000],
      ['a.bin', 200_000, 200_000],
    ]);
    expect((await fetched())[0].how).toBe('there');
    expect(asked).toEqual(['/data/a.bin']);
    expect(readdirSync(folder)).toEqual(['a.bin']);
  });

  test('goes on where a transfer broke, and nothing has the name before all is there', async () => {
    behaviour = sends(content, { breaksAfter: 70_000 });
    expect(await sentence(fetched())).toMatch(
      /^SERVER\/a\.bin: must be sent to its end \(run it again to go on from \d+ bytes\), got a broken connection$/,
    );
    expect(readdirSync(folder)).toEqual(['a.bin.part']);
    const kept = readFileSync(join(folder, 'a.bin.part')).length;
    expect(kept).toBeGreaterThan(0);
    behaviour = sends(content);
    expect((await fetched())[0].how).toBe('resumed');
    expect(asked[1]).toBe(`/a.bin from ${kept}`);
    expect(readFileSync(join(folder, 'a.bin')).equals(content)).toBe(true);
    expect(readdirSync(folder)).toEqual(['a.bin']);
  });

  test('starts anew where a server knows no ranges, or has less than there is', async () => {
    for (const kept of [content.subarray(0, 1000), new Uint8Array(300_000)]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'a.bin.part'), kept);
      behaviour = sends(content, { ranges: kept.length > content.length });
      expect((await fetched())[0].how).toBe('fetched');
      expect(readFileSync(join(folder, 'a.bin')).equals(content)).toBe(true);
      rmSync(folder, { recursive: true });
    }
  });

  test('takes what was all there but for its name without asking', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.bin.part'), content);
    expect((await fetched())[0].how).toBe('resumed');
    expect(asked).toEqual([]);
  });

  test('removes what has a wrong checksum, also where it went on from something else', async () => {
    behaviour = sends(content.toReversed());
    expect(await sentence(fetched())).toBe(
      `SERVER/a.bin: must have the SHA-256 ${sha256(content)}, got ${sha256(content.toReversed())}; nothing of it was kept`,
    );
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'a.bin.part'), 'something else');
    behaviour = sends(content);
    expect(await sentence(fetched())).toMatch(/must have the SHA-256 .*; nothing of it was kept$/);
    expect((await fetched())[0].how).toBe('fetched');
  });

  test('replaces a file of the name only by one that is right', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.bin'), 'mine');
    behaviour = (response) => response.writeHead(503).end();
    expect(await sentence(fetched())).toBe(
      'SERVER/a.bin: must be a file to fetch, got 503 Service Unavailable',
    );
    expect(readFileSync(join(folder, 'a.bin'), 'utf8')).toBe('mine');
  });

  test('says in a sentence why nothing came', async () => {
    behaviour = (response) => response.writeHead(404).end('gone');
    expect(await sentence(fetched())).toBe(
      'SERVER/a.bin: must be a file to fetch, got 404 Not Found',
    );
    expect(await sentence(fetched('http://stepzero.invalid/'))).toMatch(
      /^http:\/\/stepzero\.invalid\/a\.bin: must answer, got no (such host|answer from the name server) \(is there a network\?\)$/,
    );
    expect(await sentence(fetched('http://127.0.0.1:1'))).toMatch(
      /^http:\/\/127\.0\.0\.1:1\/a\.bin: must answer, got (a refused connection|bad port)$/,
    );
    expect(await sentence(fetched('ftp://host/'))).toBe(
      'from: must be an address that begins with http or https, got ftp://host/',
    );
    behaviour = () => undefined;
    expect(await sentence(fetched(address, 50))).toBe(
      'SERVER/a.bin: must answer, got nothing for 0.05 seconds',
    );
    behaviour = (response) => void response.writeHead(200).write('a');
    expect(await sentence(fetched(address, 50))).toBe(
      'SERVER/a.bin: must be sent to its end (run it again to go on from 1 bytes), got nothing for 0.05 seconds',
    );
    expect(existsSync(join(folder, 'a.bin'))).toBe(false);
  });

  test('needs a folder', async () => {
    writeFileSync(folder, '');
    expect(await sentence(fetched())).toBe(
      'FOLDER: must be a folder or a new name, got a file of that name',
    );
    rmSync(folder);
    mkdirSync(join(folder, 'a.bin'), { recursive: true });
    expect(await sentence(fetched())).toBe(
      'FOLDER/a.bin: must be a file or a new name, got a folder',
    );
  });

  test('takes a file that was compressed anew, by what it holds', async () => {
    const gz = gzipSync(content, { level: 1 });
    const file = { name: 'a.gz', sha256: 'other', contentSha256: sha256(content) };
    behaviour = sends(gz);
    const [{ how }] = await fetchData({ ...set, files: [file] }, folder, { from: address });
    expect(how).toBe('fetched');
    behaviour = sends(gzipSync(content.toReversed()));
    expect(
      await sentence(fetchData({ ...set, files: [file] }, join(folder, 'b'), { from: address })),
    ).toMatch(/must have the SHA-256 other, got/);
  });
});

/** A header of ustar and what follows it. */
function member(name: string, bytes: Uint8Array, type = '0', prefix = ''): Uint8Array {
  const block = new Uint8Array(512 + Math.ceil(bytes.length / 512) * 512);
  const put = (at: number, text: string): void => {
    block.set(new TextEncoder().encode(text), at);
  };
  put(0, name);
  put(124, `${bytes.length.toString(8).padStart(11, '0')}\0`);
  put(148, '        ');
  put(156, type);
  put(257, 'ustar\x0000');
  put(345, prefix);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  block.set(bytes, 512);
  return block;
}

const archive = (...members: Uint8Array[]): Uint8Array =>
  Uint8Array.from(Buffer.concat([...members, new Uint8Array(1024)]));

test('an archive is unpacked into files of the right size, once, wherever its names point', async () => {
  const tar = archive(
    member('batches/', new Uint8Array(0), '5'),
    member('../../one.bin', content.subarray(0, 700)),
    member('two.bin', content.subarray(0, 512), '0', 'deep/er'),
  );
  const gz = gzipSync(tar);
  const packed: PublishedSet = {
    ...set,
    files: [{ name: 'all.tar.gz', sha256: sha256(gz) }],
    unpack: [
      { name: 'one.bin', bytes: 700 },
      { name: 'two.bin', bytes: 512 },
    ],
  };
  behaviour = sends(gz);
  const files = await fetchData(packed, folder, { from: `${address}/x/all.tar.gz` });
  expect(files.map(({ how }) => how)).toEqual(['fetched', 'fetched']);
  expect(readdirSync(folder)).toEqual(['one.bin', 'two.bin']);
  expect(readFileSync(join(folder, 'one.bin')).equals(content.subarray(0, 700))).toBe(true);
  const again = await fetchData(packed, folder, { from: address });
  expect(again.map(({ how }) => how)).toEqual(['there', 'there']);
  expect(asked).toEqual(['/x/all.tar.gz']);
  const wrong = { ...packed, unpack: [{ name: 'three.bin', bytes: 1 }] };
  expect(await sentence(fetchData(wrong, folder, { from: address }))).toBe(
    'FOLDER/all.tar.gz: must hold three.bin of 1 bytes, got none',
  );
});

test('a tar archive is read whole, and a damaged one is refused', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 1100 }), { maxLength: 4 }), (contents) => {
      const tar = archive(...contents.map((bytes, i) => member(`f${i}`, bytes)));
      expect([...readTar(tar, 'a.tar').values()]).toEqual(contents);
    }),
    { numRuns: 30 },
  );
  const tar = archive(member('f', content.subarray(0, 600)));
  expect(() => readTar(tar.subarray(0, 1000), 'a.tar')).toThrow(
    'a.tar: a tar archive must hold all of f, got 488 bytes of 600',
  );
  expect(() => readTar(tar.subarray(0, 1536), 'a.tar')).toThrow(
    'a.tar: a tar archive must end with a block of zeros, got the end after 1536 bytes',
  );
  const damaged = Uint8Array.from(tar);
  damaged[1] = 65;
  expect(() => readTar(damaged, 'a.tar')).toThrow(
    /^a\.tar: the header at byte 0 of a tar archive must have the checksum \d+, got \d+$/,
  );
  expect(() => readTar(new Uint8Array(512).fill(1), 'a.tar')).toThrow(/, got none$/);
});

test('sets have names, and checksums of 64 digits', () => {
  expect(publishedSet('cifar10').unpack).toHaveLength(6);
  for (const name of ['mnist', 'fashion-mnist', 'cifar10']) {
    for (const file of publishedSet(name).files) expect(file.sha256).toMatch(/^[\da-f]{64}$/);
  }
  expect(() => publishedSet('imagenet')).toThrow(
    'data: must be mnist, fashion-mnist or cifar10 to be fetched, got imagenet',
  );
});
