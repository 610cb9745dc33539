/**
 * `node bench/train-start.ts NETWORK [first]`: opens the training of a network of bench/train-networks.ts, takes its
 * steps, the first alone with `first`, and prints how long it took to be open and to have taken the first step, in seconds from the start of this file, and
 * the bytes by which steps raise the peak of this process above what it holds before them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { givenOf, networkOf } from './train-networks.ts';

const begun = performance.now();
const since = (): number => (performance.now() - begun) / 1000;

function status(field: string): number {
  const found = new RegExp(`${field}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'));
  return 1024 * Number(found?.[1]);
}

const given = givenOf(networkOf(process.argv[2]));
const trainer = await given.open(2);
const opened = since();
writeFileSync('/proc/self/clear_refs', '5');
const before = status('VmRSS');
await trainer.steps(given.set, given.picks.slice(0, 1), 1);
const first = since();
if (process.argv[3] !== 'first') await trainer.steps(given.set, given.picks, 2);
const bytes = status('VmHWM') - before;
await trainer.close();
console.log(JSON.stringify({ opened, first, bytes }));
