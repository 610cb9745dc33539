import { parentPort } from 'node:worker_threads';
import { localKernels } from '../random/index.ts';
import { work, workOnHaar, type Task } from './task.ts';

parentPort?.on('message', (task: Task) => {
  if (task.kind === 'haar') void workOnHaar(localKernels(), task);
  else work(localKernels(), task);
});
