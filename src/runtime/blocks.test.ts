import { expect, test } from 'vitest';
import { channelBlock } from './blocks.ts';

test('channels lie side by side in blocks of a power of two, or of one where there is no such layout', async () => {
  expect([1, 8, 16, 32]).toContain(await channelBlock());
});
