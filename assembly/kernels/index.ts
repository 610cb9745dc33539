// The hot loops of drawing in WebAssembly SIMD. Each call works on one chunk: `philox` makes its words, another
// function turns them into numbers in place. `src/random/wasm.ts` calls them; the plain twins stand beside it.
import { CHUNK, VALUES } from './memory';

export { philox, setKey } from './philox';
export { normal32, normal64 } from './normal';
export { quickNormal32 } from './quick';
export { setTruncation, truncated32, truncated64 } from './truncated';
export { uniform32, uniform64 } from './uniform';

/** Most words of a chunk. */
export function chunk(): i32 {
  return CHUNK;
}

/** Where the numbers stand. */
export function values(): usize {
  return VALUES;
}
