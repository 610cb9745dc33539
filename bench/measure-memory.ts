/**
 * `node bench/measure-memory.ts NETWORK`: prints the bytes by which passes forward and backward raise the
 * peak of this process above what it holds with the network compiled and its weights drawn.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { openProbe } from '../src/measure/index.ts';
import { givenOf, networkOf } from './measure-networks.ts';

function status(field: string): number {
  const found = new RegExp(`${field}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'));
  return 1024 * Number(found?.[1]);
}

const { derivative, weights, feeds } = givenOf(networkOf(process.argv[2]));
const probe = await openProbe(derivative, { threads: 2 });
writeFileSync('/proc/self/clear_refs', '5');
const before = status('VmRSS');
for (let pass = 0; pass < 3; pass++) await probe.run(weights, feeds);
console.log(status('VmHWM') - before);
await probe.close();
