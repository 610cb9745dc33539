const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'a file of that name',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a file where a folder is needed',
  EISDIR: 'a folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'a read-only file system',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left in the quota',
  EFBIG: 'a file too large for the file system',
  ELOOP: 'a loop of links',
  ENAMETOOLONG: 'a name that is too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
};

/** Why the operating system refused, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code === null) return error.message.split('\n')[0];
  return reasons[code] ?? code;
}

/** One sentence about a file: `path: what must hold, got why not`. */
export function problem(path: string, must: string, error: unknown): Error {
  return new Error(`${path}: ${must}, got ${reasonOf(error)}`, { cause: error });
}
