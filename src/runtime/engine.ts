import type * as onnxruntime from 'onnxruntime-node';

/** The parts of onnxruntime that this folder uses. */
export type Engine = Pick<typeof onnxruntime, 'InferenceSession' | 'Tensor' | 'env'>;

let engine: Promise<Engine> | undefined;

/** Loads onnxruntime when it is first needed (its library is large) and keeps it from printing. */
export function loadEngine(): Promise<Engine> {
  engine ??= import('onnxruntime-node').then(({ InferenceSession, Tensor, env }) => {
    env.logLevel = 'fatal';
    return { InferenceSession, Tensor, env };
  });
  return engine;
}

/** What onnxruntime says went wrong, as part of one sentence: without source files and line breaks. */
export function reasonOf(error: unknown): string {
  const longest = 300;
  const text = error instanceof Error ? error.message : String(error);
  const plain = text
    .replaceAll(/\S*onnxruntime_src\S*/g, '')
    .replaceAll(/Non-zero status code returned while running|Status Message:|Name:''/g, '')
    .replaceAll(/Load model from .* failed:|This is an invalid model\./g, '')
    .replaceAll(
      'Unsupported data type: 16',
      'an input or output of bfloat16, which it does not pass on',
    )
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
}

/** The version of onnxruntime, `1.27.0`. */
export async function engineVersion(): Promise<string> {
  const { env } = await loadEngine();
  return env.versions.node ?? env.versions.common;
}
