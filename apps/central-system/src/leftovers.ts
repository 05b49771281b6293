import { lockForWriting } from '@app/event-store';
import type { Log } from '@app/kernel';
import { hasCode } from '@app/kernel';
import type { OwnProjections } from '@app/read-models';
import { discard, isOffered, nextFileOf, removeRows } from '@app/read-models';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Configuration } from './configuration';

/** Where a service keeps rows that can be made anew. */
export const readModelsFileIn = (folder: string): string => join(folder, 'read-models.db');
export const projectionsFolderIn = (folder: string): string => join(folder, 'projections');

interface Surroundings {
  readonly configuration: Pick<Configuration, 'DATA_DIR' | 'EVENT_STORE' | 'PROJECTIONS_DIR'>;
  readonly own: Pick<OwnProjections, 'tidy'>;
  readonly log: Log;
}

/**
 * Removes rows that nobody goes on with, as nothing would ever be erased in them: read models of a rebuild that was interrupted, and rows of
 * projections that are not there any more, or do not go on.
 */
export function tidyRows({ configuration, own, log }: Surroundings): void {
  const { DATA_DIR, EVENT_STORE, PROJECTIONS_DIR } = configuration;
  if (EVENT_STORE === 'memory') return;
  try {
    if (removeHalfBuilt(readModelsFileIn(DATA_DIR)))
      log.warn({ folder: DATA_DIR }, 'A rebuild of read models was interrupted: what it left is thrown away');
    if (PROJECTIONS_DIR === undefined) removeRows(projectionsFolderIn(DATA_DIR), () => true);
    else own.tidy();
  } catch (error) {
    log.error({ err: error, folder: DATA_DIR }, 'Rows that nobody uses may be left, with idTags that are erased');
  }
}

/** Whether there was something: not while it is being built, and not what is complete and offered. */
function removeHalfBuilt(file: string): boolean {
  if (!existsSync(nextFileOf(file))) return false;
  try {
    const building = lockForWriting(`${file}.rebuild`);
    const isLeft = !isOffered(file);
    if (isLeft) discard(file);
    building.release();
    return isLeft;
  } catch (error) {
    if (hasCode(error, 'store-in-use')) return false;
    throw error;
  }
}
