import { mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { problem } from '../problem.ts';
import { readBytes } from '../read-bytes.ts';
import { writeAtomically } from '../write-atomically.ts';
import { download, type Downloaded, type DownloadOptions } from './download.ts';
import { publishedSets, type PublishedSet } from './published.ts';
import { readTar } from './tar.ts';

/** Where data are fetched from and how. */
export interface FetchOptions extends Pick<DownloadOptions, 'patience'> {
  /** Address of the folder with the files, or of the archive; that of the set if not given. */
  readonly from?: string;
  /** Told of each file how many bytes are there, and of how many, `null` where the server does not say. */
  readonly progress?: (file: string, done: number, total: number | null) => void;
}

/** A file of data in its folder. */
export interface FetchedFile {
  readonly path: string;
  readonly bytes: number;
  readonly how: Downloaded;
}

/** The published set of that name. `RangeError` for another. */
export function publishedSet(name: string): PublishedSet {
  const found = publishedSets.find((set) => set.name === name);
  if (found !== undefined) return found;
  const names = publishedSets.map((set) => set.name);
  throw new RangeError(
    `data: must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)} to be fetched, got ${name}`,
  );
}

/**
 * Fetches the files of a set into a folder, which is made where there is none, under the names that `mnist:DIR` and its like
 * read. Files that are there with the right checksum are not fetched again; an archive is unpacked and removed. `Error` of one sentence where
 * something fails: no file is left half-written under its own name, and the next call goes on from there.
 */
export async function fetchData(
  set: PublishedSet,
  folder: string,
  options: FetchOptions = {},
): Promise<readonly FetchedFile[]> {
  const base = addressOf(options.from ?? set.from);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw problem(folder, 'must be a folder or a new name', error);
  }
  const ready = unpacked(set, folder);
  if (ready !== null) return ready;
  const found: FetchedFile[] = [];
  for (const file of set.files) {
    const path = join(folder, file.name);
    const url = base.endsWith(`/${file.name}`)
      ? base
      : `${base}${base.endsWith('/') ? '' : '/'}${file.name}`;
    const how = await download(url, path, file, {
      ...(options.patience === undefined ? {} : { patience: options.patience }),
      progress: (done, total) => options.progress?.(file.name, done, total),
    });
    found.push({ path, bytes: statSync(path).size, how });
  }
  if (set.unpack === undefined) return found;
  return unpack(set, folder, found[0]);
}

/** An http or https address. `RangeError` for something else. */
function addressOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  throw new RangeError(`from: must be an address that begins with http or https, got ${text}`);
}

/** The files of an archive that are in the folder as they should be; `null` where one is not. */
function unpacked({ unpack: wanted }: PublishedSet, folder: string): FetchedFile[] | null {
  if (wanted === undefined) return null;
  const files = wanted.map(({ name, bytes }) => ({ path: join(folder, name), bytes }));
  const isThere = files.every(
    ({ path, bytes }) => statSync(path, { throwIfNoEntry: false })?.size === bytes,
  );
  return isThere ? files.map(({ path, bytes }) => ({ path, bytes, how: 'there' })) : null;
}

async function unpack(
  { unpack: wanted = [] }: PublishedSet,
  folder: string,
  { path: archive, how }: FetchedFile,
): Promise<readonly FetchedFile[]> {
  const members = readTar(gunzipSync(readBytes(archive)), archive);
  const byName = new Map([...members].map(([name, bytes]) => [basename(name), bytes]));
  const written: FetchedFile[] = [];
  for (const { name, bytes } of wanted) {
    const content = byName.get(name);
    if (content?.length !== bytes) {
      throw new RangeError(
        `${archive}: must hold ${name} of ${bytes} bytes, got ${content === undefined ? 'none' : `${content.length} bytes`}`,
      );
    }
    const path = join(folder, name);
    await writeAtomically(path, [content]);
    written.push({ path, bytes, how });
  }
  rmSync(archive);
  return written;
}
