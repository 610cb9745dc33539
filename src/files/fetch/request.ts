/** What a server sends of a file. */
export interface Answer {
  /** The first byte that is sent; 0 where all is. */
  readonly start: number;
  /** Bytes of the whole file, `null` where the server does not say. */
  readonly total: number | null;
  /** The next bytes, `null` at the end. */
  readonly next: () => Promise<Uint8Array | null>;
  readonly close: () => Promise<void>;
}

/** Why no answer came, in words, by the code of the system. */
const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host (is there a network?)',
  EAI_AGAIN: 'no answer from the name server (is there a network?)',
  ECONNREFUSED: 'a refused connection',
  ECONNRESET: 'a broken connection',
  UND_ERR_SOCKET: 'a broken connection',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  ENETUNREACH: 'no way to it (is there a network?)',
  EHOSTUNREACH: 'no way to it (is there a network?)',
};

/** Why a transfer failed, in words: the innermost cause says it. */
function reasonOf(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  if (!(cause instanceof Error)) return 'an unknown error';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  return (code === null ? null : reasons[code]) ?? code ?? cause.message.split('\n')[0];
}

/**
 * Asks a server for a file from byte `from` on. A server that cannot do so sends all of it; `null` where it says that there is nothing from
 * there on. `Error` of one sentence where it cannot be reached, says no, or is silent for `patience` milliseconds, here and in `next`.
 */
export async function request(url: string, from: number, patience: number): Promise<Answer | null> {
  const control = new AbortController();
  const guarded = async <T>(work: () => Promise<T>, must: string): Promise<T> => {
    const timer = setTimeout(() => control.abort(), patience);
    try {
      return await work();
    } catch (error) {
      const reason = control.signal.aborted
        ? `nothing for ${patience / 1000} seconds`
        : reasonOf(error);
      throw new Error(`${url}: must ${must}, got ${reason}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
  // A file is wanted as it lies there, not compressed for the way, or its bytes could not be counted.
  const headers = {
    'accept-encoding': 'identity',
    ...(from > 0 ? { range: `bytes=${from}-` } : {}),
  };
  const { signal } = control;
  const response = await guarded(() => fetch(url, { signal, headers }), 'answer');
  const { status, statusText, body } = response;
  if (status === 416 && from > 0) {
    await body?.cancel();
    return null;
  }
  if (!response.ok || body === null) {
    await body?.cancel();
    throw new Error(`${url}: must be a file to fetch, got ${`${status} ${statusText}`.trim()}`);
  }
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  const start = status === 206 && range !== null ? Number(range[1]) : 0;
  if (start !== 0 && start !== from) {
    await body.cancel();
    throw new Error(`${url}: must be sent from byte ${from} on, got it from ${start} on`);
  }
  const length = response.headers.get('content-length');
  const isEncoded = response.headers.has('content-encoding');
  const total = length === null || isEncoded ? null : start + Number(length);
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let at = start;
  return {
    start,
    total,
    next: async () => {
      const { done, value } = await guarded(
        () => reader.read(),
        `be sent to its end (run it again to go on from ${at} bytes)`,
      );
      if (done) return null;
      at += value.length;
      return value;
    },
    close: async () => {
      control.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
}
