import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import type { FloatArray } from '../random/index.ts';
import { loadEngine, reasonOf } from './engine.ts';

/** A matrix over memory that a program reads or writes, row after row. */
export interface Matrix {
  readonly data: FloatArray;
  readonly rows: number;
  readonly columns: number;
}

/** `rows × columns` numbers of an array, from `start` on, as a matrix over the same memory. */
export function matrixAt(data: FloatArray, start: number, rows: number, columns: number): Matrix {
  return { data: data.subarray(start, start + rows * columns), rows, columns };
}

/** A graph of matrices that onnxruntime runs where they lie: inputs are read and outputs written in place. */
export interface Program {
  /** Outputs are named as the steps of the graph that make them. */
  readonly run: (
    inputs: Readonly<Record<string, Matrix>>,
    outputs: Readonly<Record<string, Matrix>>,
  ) => Promise<void>;
}

/**
 * Loads a graph of matrices, which stays loaded. `threads` is onnxruntime's choice (all cores) if 0. What
 * onnxruntime objects to in a run becomes a `RangeError` of one sentence.
 */
export async function openProgram(graph: Graph, threads: number): Promise<Program> {
  const engine = await loadEngine();
  const session = await engine.InferenceSession.create(encodeModel(modelOf(graph)), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    enableCpuMemArena: false,
    enableMemPattern: false,
    intraOpNumThreads: threads,
    // Threads that wait in a loop for the next run would take the time of what is done in between.
    extra: { session: { force_spinning_stop: '1' } },
  });
  const toEngine = (
    matrices: Readonly<Record<string, Matrix>>,
    suffix = '',
  ): Record<string, Tensor> => {
    const entries = Object.entries(matrices).map(([name, { data, rows, columns }]) => {
      const dims = [rows, columns];
      const tensor =
        data instanceof Float32Array
          ? new engine.Tensor('float32', data, dims)
          : new engine.Tensor('float64', data, dims);
      return [name + suffix, tensor] as const;
    });
    return Object.fromEntries(entries);
  };
  return {
    run: async (inputs, outputs) => {
      let results: InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(toEngine(inputs), toEngine(outputs, '_output'));
      } catch (error) {
        throw new RangeError(
          `${graph.name}: onnxruntime must be able to run the products, got: ${reasonOf(error)}`,
          { cause: error },
        );
      }
      // The outputs have been written where they should be. What comes back are copies; their memory is
      // given back here, since the collector would let many of them pile up.
      for (const { data } of Object.values(results)) {
        if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0);
      }
    },
  };
}
