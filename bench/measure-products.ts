/** How long the products of matrices and the convolutions of a graph take onnxruntime, by its own profile. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor as EngineTensor } from 'onnxruntime-node';
import { encodeModel, modelOf, type Graph } from '../src/graph/index.ts';
import { instrument, liftable } from '../src/runtime/index.ts';
import { isFloat, type Tensor } from '../src/tensor/index.ts';
import { kernelsIn, PRODUCTS } from './profile.ts';

/** Seconds in products alone, the best of `runs` for each node, as a probe of this graph runs them. */
export async function productSeconds(
  graph: Graph,
  values: ReadonlyMap<string, Tensor>,
  threads: number,
  runs: number,
): Promise<number> {
  const model = modelOf(graph);
  const lifted = new Map([...liftable(model)].filter(([, { dtype }]) => isFloat(dtype)));
  const outputs = graph.outputs.map(({ name }) => name);
  const bytes = encodeModel(instrument(model, { outputs, lifted }));
  const folder = mkdtempSync(join(tmpdir(), 'stepzero-profile-'));
  try {
    const session = await InferenceSession.create(bytes, {
      graphOptimizationLevel: 'basic',
      intraOpNumThreads: threads,
      logSeverityLevel: 4,
      enableMemPattern: false,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    const stored = (name: string): Tensor => {
      const constant = lifted.get(name);
      if (constant === undefined) throw new RangeError(`no value for ${name}`);
      return constant.read();
    };
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => {
        const { dtype, shape, data } = values.get(name) ?? stored(name);
        return [name, Reflect.construct(EngineTensor, [dtype, data, shape]) as EngineTensor];
      }),
    );
    for (let run = 0; run < runs; run++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const best = new Map<string, number>();
    for (const { operator, node, seconds } of kernelsIn(folder)) {
      if (PRODUCTS.has(operator)) best.set(node, Math.min(seconds, best.get(node) ?? Infinity));
    }
    return [...best.values()].reduce((sum, one) => sum + one, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
