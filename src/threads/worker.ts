import { parentPort } from 'node:worker_threads';
import { localKernels } from '../random/index.ts';
import { work, type FillTask } from './task.ts';

parentPort?.on('message', (task: FillTask) => work(localKernels(), task));
