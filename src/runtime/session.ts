import type { InferenceSession } from 'onnxruntime-node';
import type { ValueInfo } from '../graph/index.ts';
import type { Tensor } from '../tensor/index.ts';
import { loadEngine, reasonOf } from './engine.ts';
import { checkFeeds } from './inputs.ts';
import { dtypeOf, fromEngine, toEngine } from './tensors.ts';

/** How a model is opened. */
export interface SessionOptions {
  /** What errors call the model; its path or `model` if not given. */
  readonly name?: string;
  /** Threads within one operator; onnxruntime's choice (all cores) if not given. */
  readonly threads?: number;
  /** Content of external data files by the path that the model gives for them. */
  readonly externalData?: ReadonlyMap<string, Uint8Array>;
  /**
   * `off` (the default) runs every operator of the file as it stands; `basic` lets onnxruntime fold
   * constants and merge nodes whose values are not asked for.
   */
  readonly optimisation?: 'off' | 'basic';
  /**
   * Whether memory that values no longer need is kept until the session is closed, which saves the system's
   * work where the same model runs many times; it is given back at once if not given.
   */
  readonly keepsMemory?: boolean;
  /** onnxruntime writes what every operator took to a file whose path starts so, when the session is closed. */
  readonly profile?: string;
  /** What runs it, the CPU if not given. With `webgpu`, operators that onnxruntime has none of there stay on the CPU. */
  readonly device?: Device;
}

/** What runs a model. */
export type Device = 'cpu' | 'webgpu';

/** A model that onnxruntime has loaded. It holds memory until it is closed. */
export interface Session {
  /** A shape is `null` where the file declares none (or that of a scalar: onnxruntime does not say which). */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Runs the model on tensors by input name and gives the outputs, or those of them in `fetches`, by name. */
  readonly run: (
    feeds: Readonly<Record<string, Tensor>>,
    fetches?: readonly string[],
  ) => Promise<Readonly<Record<string, Tensor>>>;
  readonly close: () => Promise<void>;
}

function describe(metadata: readonly InferenceSession.ValueMetadata[]): readonly ValueInfo[] {
  return metadata.map((value) => {
    if (!value.isTensor) return { name: value.name, dtype: null, shape: null };
    const shape = value.shape.map((extent) => (extent === '' ? null : extent));
    return {
      name: value.name,
      dtype: dtypeOf(value.type),
      shape: shape.length === 0 ? null : shape,
    };
  });
}

/** Whether onnxruntime did not get as far as the model, since no GPU is there. */
const hasNoAdapter = (reason: string): boolean =>
  /webgpu.*adapter|backend not found/is.test(reason);

/**
 * Loads a model into onnxruntime, from the bytes of an ONNX file or from its path (external
 * data files are then found beside it). Nothing is printed; what onnxruntime objects to, then or in a
 * run, becomes a `RangeError` of one sentence that starts with the model's name. So does a device that is not there.
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  const engine = await loadEngine();
  const where = options.name ?? (typeof model === 'string' ? model : 'model');
  const settings: InferenceSession.SessionOptions = {
    ...(options.device === 'webgpu' ? { executionProviders: ['webgpu'] } : {}),
    graphOptimizationLevel: options.optimisation === 'basic' ? 'basic' : 'disabled',
    logSeverityLevel: 4,
    enableCpuMemArena: options.keepsMemory === true,
    enableMemPattern: false,
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    ...(options.profile === undefined
      ? {}
      : { enableProfiling: true, profileFilePrefix: options.profile }),
    ...(options.externalData === undefined
      ? {}
      : { externalData: [...options.externalData].map(([path, data]) => ({ path, data })) }),
  };
  let session: InferenceSession;
  try {
    session =
      typeof model === 'string'
        ? await engine.InferenceSession.create(model, settings)
        : await engine.InferenceSession.create(model, settings);
  } catch (error) {
    if (options.device === 'webgpu' && hasNoAdapter(String(error))) {
      throw new RangeError(
        `${where}: device webgpu must have an adapter that onnxruntime finds, got none on this machine`,
        { cause: error },
      );
    }
    throw new RangeError(
      `${where}: onnxruntime must be able to load the model, got: ${reasonOf(error)}`,
      { cause: error },
    );
  }
  const inputs = describe(session.inputMetadata);
  const outputs = describe(session.outputMetadata);
  return {
    inputs,
    outputs,
    run: async (feeds, fetches = outputs.map(({ name }) => name)) => {
      checkFeeds(inputs, feeds);
      const engineFeeds = Object.fromEntries(
        Object.entries(feeds).map(([name, tensor]) => [name, toEngine(engine, name, tensor)]),
      );
      let results: InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(engineFeeds, fetches);
      } catch (error) {
        throw new RangeError(
          `${where}: onnxruntime must be able to run the model, got: ${reasonOf(error)}`,
          { cause: error },
        );
      }
      return Object.fromEntries(fetches.map((name) => [name, fromEngine(name, results[name])]));
    },
    close: () => {
      if (options.profile !== undefined) session.endProfiling();
      return session.release();
    },
  };
}
