import type { EventStore } from '@app/kernel';
import { EVENT_STORE } from '@app/runtime';
import { Inject } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { IQueryHandler, Query } from '@nestjs/cqrs';
import { QueryHandler } from '@nestjs/cqrs';
import { eventsOfBox } from './events-of-box';
import { filled } from './filled';
import { OwnProjections } from './own/own-projections';
import type { Page, Paging } from './queries';
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
  FindOrphan,
  FindOrphans,
  FindOwnProjections,
  FindOwnRow,
  FindOwnRows,
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

/** The handler of a query for a page of a list. */
function fromList<Row, Filter>(
  query: Type<Query<Page<Row>> & { readonly filter: Filter; readonly paging: Paging }>,
  find: (database: SqliteDatabase, filter: Filter, paging: Paging) => Page<Row>,
): Type<IQueryHandler> {
  return fromTables(query, (database, { filter, paging }) => filled(paging, (each) => find(database, filter, each)));
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

/** The handler of a query that the projections from outside answer. */
function fromOwn<Asked extends Query<unknown>>(
  query: Type<Asked>,
  find: (own: OwnProjections, query: Asked) => unknown,
): Type<IQueryHandler> {
  @QueryHandler(query)
  class FromOwn {
    constructor(@Inject(OwnProjections) private readonly own: OwnProjections) {}

    execute(asked: Asked): Promise<unknown> {
      return Promise.resolve().then(() => find(this.own, asked));
    }
  }
  Object.defineProperty(FromOwn, 'name', { value: `${query.name}Handler` });
  return FromOwn;
}

export const queryHandlers: readonly Type<IQueryHandler>[] = [
  fromList(FindChargeBoxes, lists.findChargeBoxes),
  fromTables(FindChargeBox, (database, { identity }) => lists.findChargeBox(database, identity)),
  fromTables(FindNotAccepted, (database, { identities }) => lists.findNotAccepted(database, identities)),
  fromTables(FindConnectors, (database, { identity }) => lists.findConnectors(database, identity)),
  fromList(FindTransactions, lists.findTransactions),
  fromTables(FindTransaction, (database, { transactionId }) => lists.findTransaction(database, transactionId)),
  fromList(FindOrphans, lists.findOrphans),
  fromTables(FindOrphan, (database, { identity, orphanId }) => lists.findOrphan(database, identity, orphanId)),
  fromList(FindMeterValues, lists.findMeterValues),
  fromList(FindIdTags, lists.findIdTags),
  fromTables(FindIdTag, (database, { idTag }) => lists.findIdTag(database, idTag)),
  fromList(FindOperations, outbound.findOperations),
  fromTables(FindOperation, (database, { callId }) => outbound.findOperation(database, callId)),
  fromList(FindRequests, outbound.findRequests),
  fromTables(FindRequest, (database, { msgId }) => outbound.findRequest(database, msgId)),
  fromList(FindReservations, outbound.findReservations),
  fromList(FindConfiguration, outbound.findConfiguration),
  fromTables(FindPresets, (database, { paging }) => outbound.findPresets(database, paging)),
  fromTables(FindPreset, (database, { name }) => outbound.findPreset(database, name)),
  fromOwn(FindOwnProjections, (own) => own.list()),
  fromOwn(FindOwnRows, (own, { name, filter, paging }) => own.rows(name, filter, paging)),
  fromOwn(FindOwnRow, (own, { name, key }) => own.row(name, key)),
  FindEventsHandler,
  FindReadModelStatusHandler,
];
