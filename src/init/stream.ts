import { fold, type Key } from '../random/index.ts';

/**
 * The key from which a tensor is drawn: its own, or, where `stream` is not empty, that of the stream
 * of this name below the seed, so that tensors which must fit each other are made of the same numbers.
 */
export function streamFor(key: Key, stream: string): Key {
  return stream === '' ? key : fold({ seed: key.seed, path: [0, 0] }, stream);
}
