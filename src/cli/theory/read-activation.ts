import { statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { activation, nonlinearity, type Nonlinearity } from '../../activation/index.ts';
import { printable } from '../../report/index.ts';

/** Whether a text is the path of a module and not the name of an activation. */
export function isModulePath(text: string): boolean {
  return /\.[cm]?[jt]s$/i.test(text) || /^(\.{0,2}|[A-Za-z]:)[\\/]/.test(text);
}

/**
 * The activation that a person named: one of ours such as `leaky_relu:0.2`, or a module relative to the
 * current folder that exports the function as `f`, or as its default, and its derivative as `df` if it likes.
 * `Error` in one sentence where the module is missing, cannot be loaded or exports something else.
 */
export async function readActivation(text: string): Promise<Nonlinearity> {
  if (!isModulePath(text)) return activation(text);
  const path = resolve(text);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) {
    const got = found === undefined ? 'no such file' : 'no file but a folder';
    throw new Error(`${text}: must be a module that can be loaded, got ${got}`);
  }
  const { f, df } = functionsOf(text, await loaded(text, path));
  return nonlinearity({ name: basename(path, extname(path)), f, ...(df && { df }) });
}

async function loaded(text: string, path: string): Promise<object> {
  try {
    const found: unknown = await withoutLayoutWarning(() => import(pathToFileURL(path).href));
    return typeof found === 'object' && found !== null ? found : {};
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const [line] = reason.trim().split('\n');
    throw new Error(`${text}: must be a module that can be loaded, got ${printable(line)}`, {
      cause: error,
    });
  }
}

/**
 * What `work` gives, without Node's advice to name the kind of module in the package.json of its folder, which
 * is not the business of who wants to know about a function.
 */
async function withoutLayoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const listeners = process.listeners('warning');
  const passOn = (warning: Error & { readonly code?: unknown }): void => {
    if (warning.code === 'MODULE_TYPELESS_PACKAGE_JSON') return;
    for (const listener of listeners) listener(warning);
  };
  process.removeAllListeners('warning').on('warning', passOn);
  try {
    return await work();
  } finally {
    // A warning arrives after the turn in which its cause is.
    await new Promise((resolve) => setImmediate(resolve));
    process.removeListener('warning', passOn);
    for (const listener of listeners) process.on('warning', listener);
  }
}

type RealFunction = (x: number) => number;

function functionsOf(
  text: string,
  found: object,
): { readonly f: RealFunction; readonly df: RealFunction | undefined } {
  const main: unknown = Reflect.get(found, 'default');
  const holders = typeof main === 'object' && main !== null ? [found, main] : [found];
  const exported = (name: string): unknown =>
    holders
      .map((holder): unknown => Reflect.get(holder, name))
      .find((value) => value !== undefined);
  const f = exported('f') ?? (typeof main === 'function' ? main : undefined);
  const df = exported('df');
  if (f === undefined) {
    const names = Object.keys(found);
    throw new TypeError(
      `${text}: must export the activation as f, got ${names.length === 0 ? 'no exports' : printable(names.join(', '))}`,
    );
  }
  return { f: numeric(text, 'f', f), df: df === undefined ? undefined : numeric(text, 'df', df) };
}

function isFunction(value: unknown): value is (x: number) => unknown {
  return typeof value === 'function';
}

/** The function, with an error that says where it comes from for what is no number. */
function numeric(text: string, name: string, value: unknown): RealFunction {
  if (!isFunction(value)) {
    throw new TypeError(
      `${text}: ${name} must be a function of a number, got ${value === null ? 'null' : typeof value}`,
    );
  }
  return (x) => {
    const y = value(x);
    if (typeof y === 'number') return y;
    throw new TypeError(`${text}: ${name}(${x}) must be a number, got ${typeof y}`);
  };
}
