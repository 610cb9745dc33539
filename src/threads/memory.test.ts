import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { sharedMemory } from './memory.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Lets the engine find out what is no longer referred to, and say so. */
async function forget(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    collectGarbage();
    await sleep(5);
  }
}

test('memory is used again when nothing refers to it, and cleared if that is asked for', async () => {
  const take = sharedMemory();
  const mark = (): void => void new Uint8Array(take(1000, true)).fill(7);
  mark();
  await forget();
  const again = new Uint8Array(take(900, false));
  expect([again.byteLength, again[0], again[999]]).toEqual([1000, 7, 7]);
  const other = new Uint8Array(take(900, false));
  expect(other.every((byte) => byte === 0)).toBe(true);
  const drop = (): void => mark();
  drop();
  await forget();
  expect(new Uint8Array(take(1000, true)).every((byte) => byte === 0)).toBe(true);
});

test('memory that an array still lies over is not used again', async () => {
  const take = sharedMemory();
  const part = (() => new Uint8Array(take(1000, true)).fill(7).subarray(10, 20))();
  await forget();
  new Uint8Array(take(1000, true)).fill(9);
  expect([...part]).toEqual(Array<number>(10).fill(7));
});

test('memory far larger than what is asked for is left for others', async () => {
  const take = sharedMemory();
  const mark = (): void => void new Uint8Array(take(1000, true)).fill(7);
  mark();
  await forget();
  expect(take(400, false).byteLength).toBe(400);
});
