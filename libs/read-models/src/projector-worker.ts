import { yieldToOthers } from '@app/kernel';
import { parentPort, workerData } from 'node:worker_threads';
import type { Progress } from './projector';
import type { Interruption, Skip, StoreOpener } from './projector-thread';
import { openLog, project, troublesTo } from './projector-thread';
import { openForWriting } from './sqlite/database';

export interface WorkerStart {
  readonly file: string;
  readonly openStore: StoreOpener;
}

export type WorkerMessage = ({ readonly kind: 'progress' } & Progress) | Interruption | Skip;

// Runs only as a thread: building rows beside the thread that answers charge boxes keeps their answers fast.
if (parentPort !== null) void run(parentPort, workerData as WorkerStart);

async function run(port: NonNullable<typeof parentPort>, { file, openStore }: WorkerStart): Promise<void> {
  // Charge boxes are answered first, rows come later.
  yieldToOthers();
  const post = (message: WorkerMessage) => port.postMessage(message);
  const store = await openLog(openStore);
  const database = openForWriting(file);
  const signals = { ...troublesTo(post), progress: (progress: Progress) => post({ kind: 'progress', ...progress }) };
  project(port, { store, database, signals });
}
