import { join } from 'node:path';
import { fetchData, publishedSet } from '../files/index.ts';
import { printable } from '../report/index.ts';
import { UsageError } from './failure.ts';
import { bytesText } from './memory.ts';
import { printJson, printText } from './print.ts';
import { progress } from './progress.ts';

/** Options of `data fetch`. */
export interface FetchDataOptions {
  readonly from?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Fetches a published set into a folder and says how it is asked for. */
export async function runDataFetch(name: string, options: FetchDataOptions): Promise<void> {
  const { from, out = join('data', name), json } = options;
  const set = publishedSet(name);
  if (from !== undefined && !/^https?:\/\//i.test(from)) {
    throw new UsageError(
      `--from: must be an address that begins with http:// or https://, got ${from}`,
    );
  }
  if (out === '') throw new UsageError('--out: must be a folder, got nothing');
  const bar = progress();
  try {
    bar.say(`Looking for ${name}`);
    const files = await fetchData(set, out, {
      ...(from === undefined ? {} : { from }),
      progress: (file, done, total) => {
        if (total === null) bar.say(`${file} ${bytesText(done)}`);
        else bar.say(`${file}, ${bytesText(total)}`, done, total);
      },
    });
    bar.end();
    const data = `${name}:${out}`;
    if (json === true) {
      printJson({ version: 1, name, data, files });
      return;
    }
    const fetched = files.filter(({ how }) => how !== 'there').length;
    printText(
      `${fetched === 0 ? 'All' : `Fetched ${fetched} of`} ${files.length} files of ${name} are in ${printable(out)}, with the published checksums.`,
    );
    printText(`To learn them: --data ${printable(data)}`);
  } finally {
    bar.end();
  }
}
