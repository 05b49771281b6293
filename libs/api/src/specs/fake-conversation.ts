import type { OperationRow, PresetRow, RequestRow } from '@app/read-models';
import {
  FindConfiguration,
  FindNotAccepted,
  FindOperation,
  FindOperations,
  FindPreset,
  FindPresets,
  FindReadModelStatus,
  FindRequest,
  FindRequests,
  FindReservations,
} from '@app/read-models';
import type { Answering } from '@app/charge-box';
import { changedAnswering } from '@app/charge-box';
import type { Commanded, InvalidAnswer } from '@app/runtime';
import {
  AnswerRequest,
  automaticAnswering,
  ChangeAnswering,
  ClaimRequest,
  FindAnswering,
  PatchAnswering,
  PendingRequests,
  ReleaseRequest,
  RemovePreset,
  SavePreset,
  Settlements,
  WantLocalList,
} from '@app/runtime';
import type { Provider } from '@nestjs/common';
import { codedError } from '@app/kernel';
import { answering, page, telling } from './fakes';

/** What the API under test knows of operations, requests and presets. */
export class Conversation {
  operations: OperationRow[] = [];
  requests: RequestRow[] = [];
  readonly presets = new Map<string, PresetRow>();
  answering: Answering = automaticAnswering;
  /** What the next answers of responders come to. */
  answered: Commanded | InvalidAnswer = { outcome: 'done', position: '000001' };
  claimed: Commanded = { outcome: 'done', position: '000001' };
  /** Claims that fail because the store rests, before one succeeds. */
  failingClaims = 0;
  readonly settlements = new Settlements();
  readonly pending: PendingRequests;

  constructor(now: () => number) {
    this.pending = new PendingRequests({ now });
  }
}

export const conversationSides: readonly Provider[] = [
  answering(FindOperations, ({ paging }, { conversation }) => page(conversation.operations, paging)),
  answering(FindOperation, ({ callId }, { conversation }) =>
    conversation.operations.find((row) => row.callId === callId),
  ),
  answering(FindNotAccepted, ({ identities }, { boxes }) =>
    identities.filter((identity) => !boxes.some((box) => box.identity === identity && box.registration === 'Accepted')),
  ),
  answering(FindPresets, ({ paging }, { conversation }) => page([...conversation.presets.values()], paging)),
  answering(FindPreset, ({ name }, { conversation }) => conversation.presets.get(name)),
  answering(FindRequests, ({ paging }, { conversation }) => page(conversation.requests, paging)),
  answering(FindRequest, ({ msgId }, { conversation }) => conversation.requests.find((row) => row.msgId === msgId)),
  answering(FindReservations, ({ paging }) => page([], paging)),
  answering(FindConfiguration, ({ paging }) => page([], paging)),
  answering(FindReadModelStatus, () => ({ checkpoint: '', head: '', caughtUp: true })),
  answering(FindAnswering, (_query, { conversation }) => conversation.answering),
  telling(SavePreset, ({ preset }, { conversation }) => {
    conversation.presets.set(preset.name, { ...preset, changedAt: '2026-03-01T08:00:00.000Z' });
  }),
  telling(RemovePreset, ({ name }, { conversation }) => {
    conversation.presets.delete(name);
  }),
  telling(ChangeAnswering, ({ rules }, { conversation }) => {
    conversation.answering = rules;
  }),
  telling(PatchAnswering, ({ change }, { conversation }) => {
    conversation.answering = changedAnswering(conversation.answering, change);
  }),
  telling(AnswerRequest, (_command, { conversation }) => conversation.answered),
  telling(ClaimRequest, (_command, { conversation }) => {
    conversation.failingClaims -= 1;
    if (conversation.failingClaims >= 0) throw codedError('store-unavailable');
    return conversation.claimed;
  }),
  telling(WantLocalList, () => undefined),
  telling(ReleaseRequest, () => undefined),
];
