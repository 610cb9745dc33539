import { expect, test } from 'vitest';
import { fold, key, plainKernels, type FloatArray, type Kernels } from '../random/index.ts';
import { bytesOf, type FloatDType } from '../tensor/index.ts';
import { schemes, specOf, type Spec } from './index.ts';

/** Cuts the numbers from `offset` on into pieces, and draws these in an order of their own. */
function inPieces(
  pieces: number,
  out: FloatArray,
  offset: number,
  fill: (part: FloatArray, at: number) => void,
): void {
  const cuts = Array.from({ length: pieces + 1 }, (_, i) =>
    Math.floor((out.length * i ** 1.5) / pieces ** 1.5),
  );
  for (let i = 0; i < pieces; i++) {
    const piece = (i * 3 + 1) % pieces;
    fill(out.subarray(cuts[piece], cuts[piece + 1]), offset + cuts[piece]);
  }
}

/** Kernels as `pieces` workers (no multiple of 3) would share them out. */
function shared(pieces: number): Kernels {
  const { uniform, normal, truncatedNormal } = plainKernels;
  return {
    ...plainKernels,
    uniform: (k, out, low, high, offset = 0) => {
      inPieces(pieces, out, offset, (part, at) => {
        uniform(k, part, low, high, at);
      });
    },
    normal: (k, out, mean, std, offset = 0) => {
      inPieces(pieces, out, offset, (part, at) => {
        normal(k, part, mean, std, at);
      });
    },
    truncatedNormal: (k, out, mean, std, low, high, offset = 0) => {
      inPieces(pieces, out, offset, (part, at) => {
        truncatedNormal(k, part, mean, std, low, high, at);
      });
    },
  };
}

const specs: readonly Spec[] = [
  specOf([37, 29], 'oi'),
  specOf([12, 10, 3, 2], 'oi'),
  specOf([3, 4, 18], 'io', 'float32', 3),
  specOf([16, 16], 'oi'),
  specOf([5, 1, 8], 'oi'),
];

const dtypes: readonly FloatDType[] = ['float32', 'float64', 'float16', 'bfloat16'];

test.each(schemes.map((record) => ({ name: record.name, record })))(
  '$name has the same bits whatever pieces it is drawn in',
  ({ record }) => {
    let defined = 0;
    for (const spec of specs) {
      try {
        record.check(spec, {});
      } catch {
        continue;
      }
      defined++;
      for (const dtype of dtypes) {
        const draw = (kernels?: Kernels): Uint8Array =>
          bytesOf(record.draw(fold(key(2 ** 40), 'w'), { ...spec, dtype }, {}, kernels));
        const whole = draw();
        for (const pieces of [2, 7, 64]) {
          expect(Buffer.compare(draw(shared(pieces)), whole)).toBe(0);
        }
      }
    }
    expect(defined).toBeGreaterThan(0);
  },
);

test('the pieces are all there is: each is drawn once, and none is empty of meaning', () => {
  const seen: [number, number][] = [];
  inPieces(7, new Float64Array(1000), 5, (part, at) => {
    seen.push([at, part.length]);
  });
  const sorted = seen.sort(([a], [b]) => a - b);
  expect(sorted.reduce((at, [start, count]) => (at === start ? start + count : -1), 5)).toBe(1005);
});
