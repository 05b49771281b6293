import type { EventStore } from '@app/kernel';
import { EVENT_STORE } from '@app/runtime';
import { Inject } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { IQueryHandler, Query } from '@nestjs/cqrs';
import { QueryHandler } from '@nestjs/cqrs';
import { eventsOfBox } from './events-of-box';
import {
  FindChargeBox,
  FindChargeBoxes,
  FindConfiguration,
  FindConnectors,
  FindEvents,
  FindIdTag,
  FindIdTags,
  FindMeterValues,
  FindNotAccepted,
  FindOperation,
  FindOperations,
  FindOrphans,
  FindPreset,
  FindPresets,
  FindReadModelStatus,
  FindRequest,
  FindRequests,
  FindReservations,
  FindTransaction,
  FindTransactions,
} from './queries';
import { ReadModels } from './read-models';
import type { SqliteDatabase } from './sqlite/database';
import * as lists from './sqlite/lists';
import * as outbound from './sqlite/outbound-lists';

/** The handler of a query that the tables alone can answer. */
function fromTables<Asked extends Query<unknown>>(
  query: Type<Asked>,
  find: (database: SqliteDatabase, query: Asked) => unknown,
): Type<IQueryHandler> {
  @QueryHandler(query)
  class FromTables {
    constructor(@Inject(ReadModels) private readonly readModels: ReadModels) {}

    execute(asked: Asked): Promise<unknown> {
      // A fault of the question is an answer too: it rejects.
      return Promise.resolve().then(() => find(this.readModels.database, asked));
    }
  }
  Object.defineProperty(FromTables, 'name', { value: `${query.name}Handler` });
  return FromTables;
}

@QueryHandler(FindEvents)
class FindEventsHandler implements IQueryHandler<FindEvents> {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  execute({ identity, filter, paging }: FindEvents) {
    return eventsOfBox(this.store, identity, filter, paging);
  }
}

@QueryHandler(FindReadModelStatus)
class FindReadModelStatusHandler implements IQueryHandler<FindReadModelStatus> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ReadModels) private readonly readModels: ReadModels,
  ) {}

  async execute() {
    const head = await this.store.head();
    const { checkpoint } = this.readModels.status();
    return { checkpoint, head, caughtUp: checkpoint >= head };
  }
}

export const queryHandlers: readonly Type<IQueryHandler>[] = [
  fromTables(FindChargeBoxes, (database, { filter, paging }) => lists.findChargeBoxes(database, filter, paging)),
  fromTables(FindChargeBox, (database, { identity }) => lists.findChargeBox(database, identity)),
  fromTables(FindNotAccepted, (database, { identities }) => lists.findNotAccepted(database, identities)),
  fromTables(FindConnectors, (database, { identity }) => lists.findConnectors(database, identity)),
  fromTables(FindTransactions, (database, { filter, paging }) => lists.findTransactions(database, filter, paging)),
  fromTables(FindTransaction, (database, { transactionId }) => lists.findTransaction(database, transactionId)),
  fromTables(FindOrphans, (database, { filter, paging }) => lists.findOrphans(database, filter, paging)),
  fromTables(FindMeterValues, (database, { filter, paging }) => lists.findMeterValues(database, filter, paging)),
  fromTables(FindIdTags, (database, { filter, paging }) => lists.findIdTags(database, filter, paging)),
  fromTables(FindIdTag, (database, { idTag }) => lists.findIdTag(database, idTag)),
  fromTables(FindOperations, (database, { filter, paging }) => outbound.findOperations(database, filter, paging)),
  fromTables(FindOperation, (database, { callId }) => outbound.findOperation(database, callId)),
  fromTables(FindRequests, (database, { filter, paging }) => outbound.findRequests(database, filter, paging)),
  fromTables(FindRequest, (database, { msgId }) => outbound.findRequest(database, msgId)),
  fromTables(FindReservations, (database, { filter, paging }) => outbound.findReservations(database, filter, paging)),
  fromTables(FindConfiguration, (database, { filter, paging }) => outbound.findConfiguration(database, filter, paging)),
  fromTables(FindPresets, (database, { paging }) => outbound.findPresets(database, paging)),
  fromTables(FindPreset, (database, { name }) => outbound.findPreset(database, name)),
  FindEventsHandler,
  FindReadModelStatusHandler,
];
