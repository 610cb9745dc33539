import type { InferenceSession } from 'onnxruntime-node';
import { encodeModel, modelOf, type Graph } from '../graph/index.ts';
import type { FloatArray } from '../random/index.ts';
import { loadEngine } from './engine.ts';

/** A matrix over memory that a program reads or writes, row after row. */
export interface Matrix {
  readonly data: FloatArray;
  readonly rows: number;
  readonly columns: number;
}

/** A graph that onnxruntime runs on matrices where they lie: nothing is copied on the way in. */
export interface Program {
  readonly run: (
    inputs: Readonly<Record<string, Matrix>>,
    outputs: Readonly<Record<string, Matrix>>,
  ) => Promise<void>;
}

/** `rows × columns` numbers of an array, from `start` on, as a matrix over the same memory. */
export function matrixOf(data: FloatArray, start: number, rows: number, columns: number): Matrix {
  return { data: data.subarray(start, start + rows * columns), rows, columns };
}

/** Loads a graph of matrices of one type. It stays loaded. */
export async function openProgram(graph: Graph): Promise<Program> {
  const { InferenceSession: Sessions, Tensor: EngineTensor } = await loadEngine();
  const session = await Sessions.create(encodeModel(modelOf(graph)), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    enableCpuMemArena: false,
    enableMemPattern: false,
    // Threads that wait for the next run in a loop would take the time of whatever comes between.
    extra: { session: { force_spinning_stop: '1' } },
  });
  const tensors = (
    matrices: Readonly<Record<string, Matrix>>,
  ): Record<string, InstanceType<typeof EngineTensor>> =>
    Object.fromEntries(
      Object.entries(matrices).map(([name, { data, rows, columns }]) => [
        name,
        data instanceof Float32Array
          ? new EngineTensor('float32', data, [rows, columns])
          : new EngineTensor('float64', data, [rows, columns]),
      ]),
    );
  return {
    run: async (inputs, outputs) => {
      const results: InferenceSession.OnnxValueMapType = await session.run(
        tensors(inputs),
        tensors(outputs),
      );
      // onnxruntime writes to the memory of `outputs` and gives back copies, which are let go of here:
      // the collector would not know in time how large they are.
      for (const { data } of Object.values(results)) {
        if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) data.buffer.transfer(0);
      }
    },
  };
}
