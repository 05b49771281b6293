import { lockForWriting } from '@app/event-store';
import type { WriteLock } from '@app/event-store';
import type { Place } from '@app/history';
import { hasCode } from '@app/kernel';
import { isInUse, isOffered, offer, rebuildable, rebuildBeside, takeOver } from '@app/read-models';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { print, printJson } from './output';
import { becomeOwnerOf } from './owner';
import type { StoreOptions } from './places';
import { placeFrom, readModelsPlaceOf, withLog, withStore } from './places';

export function rebuildCommand(): Command {
  return withStore(new Command('rebuild'))
    .description(
      `Builds read models anew from the history, beside those that are in use, and puts them into their place: at once while the service runs. An interrupted rebuild of all goes on where it was.`,
    )
    .argument('<table>', `one of ${rebuildable.join(', ')}`)
    .action((table: string, options: StoreOptions, command: Command) => rebuild(table, options, command));
}

/** A third of the processor time that a usual thread gets where all want it: a service keeps its speed, and this comes to an end. */
const modest = 5;

async function rebuild(table: string, options: StoreOptions, command: Command): Promise<void> {
  if (!rebuildable.includes(table)) command.error(`There is no ${table}. There are: ${rebuildable.join(', ')}.`);
  const place = placeFrom(options, command);
  const file = readModelsPlaceOf(place) ?? command.error('Read models belong to a service: name its DATA_DIR.');
  if (table !== 'all' && !existsSync(file)) command.error(`There are no read models in ${file} yet: build all.`);
  const building =
    lockOf(`${file}.rebuild`) ?? command.error('These read models are being built anew already: wait for that.');
  becomeOwnerOf([...(place.kind === 'embedded' ? [place.file] : []), file, dirname(file)], `${file}.rebuild.lock`);
  // A service on the same machine comes first, also in the eyes of threads that are made from here on.
  setPriority(modest);
  const begin = performance.now();
  let taken = 0;
  await withLog(place, options, async (log, progress) => {
    const head = Number(await log.head());
    await rebuildBeside(log.forRows, file, table, (events, position) => {
      taken = events;
      progress.take({ phase: `building ${table}`, events, share: head > 0 ? Math.min(1, Number(position) / head) : 1 });
    });
  });
  const seconds = (performance.now() - begin) / 1_000;
  const where = await handOver(file, place);
  building.release();
  const perSecond = Math.round(taken / seconds);
  if (options.json) return printJson({ table, events: taken, seconds, perSecond, ...where });
  const used = where.inUse === 'now' ? 'The service uses them now.' : 'They are used from the next start on.';
  return print(`${table}: built from ${taken} events in ${seconds.toFixed(1)} s (${perSecond} events/s). ${used}\n`);
}

/** Longest that a service may take to look for what is offered, in milliseconds. */
const patience = 60_000;

/** Puts what was built into its place, or has the service do it that uses the place. */
async function handOver(file: string, place: Place): Promise<{ readonly inUse: 'now' | 'next start' }> {
  const lock = lockOf(place.kind === 'embedded' ? place.file : file);
  if (lock !== undefined) {
    takeOver(file);
    lock.release();
    return { inUse: 'next start' };
  }
  const offered = offer(file);
  for (const begin = performance.now(); performance.now() - begin < patience; await pause(100)) {
    if (isOffered(file)) continue;
    if (isInUse(file, offered)) return { inUse: 'now' };
    throw new Error('The service has not taken the read models that were built; its log says why.');
  }
  throw new Error(
    `The service has not taken the read models into use within a minute; it does when it looks at ${join(file, '..')}.`,
  );
}

/** `undefined` when another process holds it; the end of this one releases it too. */
function lockOf(file: string): WriteLock | undefined {
  try {
    return lockForWriting(file);
  } catch (error) {
    if (hasCode(error, 'store-in-use')) return undefined;
    throw error;
  }
}
