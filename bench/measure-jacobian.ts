/**
 * The exact Jacobian and all its singular values for a deep network of tanh layers, beside PyTorch on two
 * cores, in one run: one of each after the other, the same weights in both, singular values compared. Of
 * PyTorch the fastest of three ways counts. `node bench/measure-jacobian.ts [WIDTH DEPTH ROUNDS]` prints it
 * for 1000, 100 and 5; PyTorch in python3, or in the Python that STEPZERO_PYTHON names.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builder, modelOf, type Graph } from '../src/graph/index.ts';
import { measureJacobian, type Ensemble } from '../src/measure/index.ts';
import { fillNormal, fold, key } from '../src/random/index.ts';
import type { Tensor } from '../src/tensor/index.ts';
import { hasPackage, openPeer, type Peer } from './peer.ts';

const THREADS = 2;
const SCRIPT = 'measure_jacobian_peer.py';
const WAYS = ['jacrev', 'vjp', 'product'] as const;

/** One comparison of `bench/measure`: best times in seconds. */
export interface JacobianRow {
  readonly label: string;
  readonly ours: number;
  /** `null` where there is no PyTorch. */
  readonly theirs: number | null;
  /** Their time divided by ours. */
  readonly ratio: number | null;
  /** What the ratio is to reach. */
  readonly target: number;
  readonly note: string;
}

function network(width: number, depth: number): Graph {
  const b = builder('tanh layers');
  let x = b.input('x', 'float32', ['batch', width]);
  for (let l = 0; l < depth; l++) {
    const w = b.parameter(`w${l}`, [width, width]);
    x = b.node(`h${l}`, 'Gemm', [x, w], { transB: 1 });
    x = b.node(`a${l}`, 'Tanh', [x]);
  }
  b.output('y', x, 'float32', ['batch', width]);
  return b.build();
}

function normals(name: string, shape: readonly number[], std: number): Tensor {
  const data = new Float32Array(shape.reduce((size, extent) => size * extent, 1));
  fillNormal(fold(key(1), name), data, 0, std);
  return { dtype: 'float32', shape, data };
}

const shown = (seconds: number): string => `${Math.round(1000 * seconds)} ms`;

/** The time of one more draw when the network is open, and of one from the start, both the best of some rounds. */
export async function jacobianRows(
  width = 1000,
  depth = 100,
  rounds = 5,
): Promise<readonly JacobianRow[]> {
  const model = modelOf(network(width, depth));
  const list = Array.from({ length: depth }, (_, l) =>
    normals(`w${l}`, [width, width], Math.sqrt(1 / width)),
  );
  const x = normals('x', [1, width], 1);
  const weights = new Map(list.map((tensor, l) => [`w${l}`, tensor]));
  const hasTorch = hasPackage('torch');
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-bench-'));
  const file = join(folder, 'weights.bin');
  let peer: Peer | null = null;
  try {
    if (hasTorch) {
      writeFileSync(
        file,
        Buffer.concat([...list, x].map(({ data }) => new Uint8Array(data.buffer))),
      );
      peer = await openPeer(SCRIPT, [file, String(width), String(depth)], THREADS);
    }
    const measured = async (draws: number): Promise<readonly [number, number, number]> => {
      const ensemble: Ensemble = {
        seeds: Array.from({ length: draws }, (_, index) => index),
        draw: () => weights,
      };
      const start = process.hrtime.bigint();
      const { sMax, sMin } = await measureJacobian(model, ensemble, { x }, { threads: THREADS });
      return [Number(process.hrtime.bigint() - start) / 1e9, sMax, sMin];
    };
    const best = { whole: Infinity, more: Infinity, jacobian: Infinity, values: Infinity };
    let fastest = '';
    let worst = 0;
    for (let round = 0; round < rounds; round++) {
      // What a library's threads do for a while after their work shall not meet the next one.
      await sleep(100);
      const [one, sMax] = await measured(1);
      const [three] = await measured(3);
      best.whole = Math.min(best.whole, one);
      best.more = Math.min(best.more, (three - one) / 2);
      if (peer === null) continue;
      for (const way of WAYS) {
        await sleep(100);
        const [jacobian, values, theirMax] = (await peer.ask(way)).split(' ').map(Number);
        if (jacobian < best.jacobian) fastest = way;
        best.jacobian = Math.min(best.jacobian, jacobian);
        best.values = Math.min(best.values, values);
        worst = Math.max(worst, Math.abs(theirMax / sMax - 1));
      }
    }
    const theirs = peer === null ? null : best.jacobian + best.values;
    const note =
      peer === null
        ? ''
        : `PyTorch ${peer.version} by ${fastest} ${shown(best.jacobian)}, svdvals ${shown(best.values)}; largest singular values apart by ${worst.toExponential(1)}`;
    const row = (label: string, ours: number): JacobianRow => ({
      label: `${label} of ${depth} tanh layers of width ${width}`,
      ours,
      theirs,
      ratio: theirs === null ? null : theirs / ours,
      target: 1.3,
      note,
    });
    return [
      row('one more draw: Jacobian and singular values', best.more),
      row('from the graph: Jacobian and singular values', best.whole),
    ];
  } finally {
    peer?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [width, depth, rounds] = process.argv.slice(2).map(Number);
  for (const { label, ours, theirs, ratio, target, note } of await jacobianRows(
    width,
    depth,
    rounds,
  )) {
    const beside =
      theirs === null || ratio === null
        ? ''
        : `, theirs ${shown(theirs)}: ${ratio.toFixed(2)} × (to reach: ${target}); ${note}`;
    console.log(`${label}: ours ${shown(ours)}${beside}`);
  }
}
