import { Buffer } from 'node:buffer';

/** Bytes that are held for use again, at most. */
const MOST_FREE = 2 ** 28;

/**
 * Shared memory: `take` gives at least so many bytes, zeros unless `isCleared` is false. Memory to which
 * nothing refers any more is given out again, since memory that the system has to provide anew takes as
 * long as half of the drawing; up to 256 MiB are held for that.
 */
export function sharedMemory(): (bytes: number, isCleared: boolean) => SharedArrayBuffer {
  let free: SharedArrayBuffer[] = [];
  let held = 0;
  // What is given out is one of two objects for the same memory. The other stays here, so that the memory
  // outlives the first, whose end says that no array over it is left.
  const ended = new FinalizationRegistry<SharedArrayBuffer>((twin) => {
    if (held + twin.byteLength > MOST_FREE) return;
    free.push(twin);
    held += twin.byteLength;
  });
  // The engine does not count shared memory when it decides whether to look for garbage. So each piece has as
  // large a burden of memory that it does count, which nobody touches and the system never provides.
  const burdens = new WeakMap<SharedArrayBuffer, Uint8Array>();
  const give = (memory: SharedArrayBuffer, twin: SharedArrayBuffer): SharedArrayBuffer => {
    ended.register(memory, twin);
    burdens.set(memory, Buffer.allocUnsafeSlow(memory.byteLength));
    return memory;
  };
  return (bytes, isCleared) => {
    const found = free.find(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
    if (found === undefined) {
      const made = new SharedArrayBuffer(bytes);
      return give(made, structuredClone(made));
    }
    free = free.filter((other) => other !== found);
    held -= found.byteLength;
    const given = give(structuredClone(found), found);
    if (isCleared) new Uint8Array(given, 0, bytes).fill(0);
    return given;
  };
}
