import type { ChargeBoxSettings, OperatorMessage } from '@app/charge-box';
import type { Clock } from '@app/kernel';
import { quirkTable } from '@app/ocpp';
import type { ChargeBoxDetails } from '@app/read-models';
import { FindChargeBox, FindChargeBoxes, FindConnectors, FindEvents } from '@app/read-models';
import { TellChargeBox } from '@app/runtime';
import { Controller, Get, Inject, Patch, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import {
  changeAnswers,
  changeChargeBox,
  decideRegistration,
  listCandidates,
  listChargeBoxes,
  listConnectors,
  listEvents,
  showChargeBox,
} from './charge-boxes.endpoints';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { Problem } from './problem';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { API_CLOCK } from './tokens';

@Controller()
export class ChargeBoxesController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
    @Inject(API_CLOCK) private readonly clock: Clock,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
  ) {}

  @Get('charge-boxes')
  @Described(listChargeBoxes)
  list(@Input(listChargeBoxes) { query }: InputOf<typeof listChargeBoxes>) {
    const { limit, cursor, ...filter } = query;
    return this.queries.execute(new FindChargeBoxes(filter, { limit, cursor }));
  }

  @Get('candidates')
  @Described(listCandidates)
  candidates(@Input(listCandidates) { query }: InputOf<typeof listCandidates>) {
    const { limit, cursor, ...filter } = query;
    return this.queries.execute(new FindChargeBoxes({ ...filter, registration: 'Unknown' }, { limit, cursor }));
  }

  @Get('charge-boxes/:identity')
  @Described(showChargeBox)
  async show(@Input(showChargeBox) { path }: InputOf<typeof showChargeBox>) {
    return explained(await this.known(path.identity));
  }

  @Patch('charge-boxes/:identity')
  @Described(changeChargeBox)
  async change(
    @Input(changeChargeBox) { path: { identity }, body }: InputOf<typeof changeChargeBox>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.known(identity);
    this.checkAddress(body.addressOverride ?? undefined);
    const settings = settingsOf(body);
    const message: OperatorMessage = { kind: 'configure', settings, at: this.now() };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, () => this.find(identity));
  }

  @Patch('charge-boxes/:identity/answers')
  @Described(changeAnswers)
  async changeAnswers(
    @Input(changeAnswers) { path: { identity }, body }: InputOf<typeof changeAnswers>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.known(identity);
    const message: OperatorMessage = { kind: 'change-answers', change: body, at: this.now() };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, () => this.find(identity));
  }

  @Put('charge-boxes/:identity/registration')
  @Described(decideRegistration)
  decide(
    @Input(decideRegistration) { path: { identity }, body }: InputOf<typeof decideRegistration>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const message: OperatorMessage = { kind: 'decide-registration', registration: body.registration, at: this.now() };
    return this.changes.make(new TellChargeBox(identity, message, originOf(request)), reply, () => this.find(identity));
  }

  @Get('charge-boxes/:identity/connectors')
  @Described(listConnectors)
  async connectors(@Input(listConnectors) { path }: InputOf<typeof listConnectors>) {
    await this.known(path.identity);
    return { rows: await this.queries.execute(new FindConnectors(path.identity)) };
  }

  @Get('charge-boxes/:identity/events')
  @Described(listEvents)
  async events(@Input(listEvents) { path, query }: InputOf<typeof listEvents>) {
    await this.known(path.identity);
    const { limit, cursor, type } = query;
    return this.queries.execute(new FindEvents(path.identity, { types: type }, { limit, cursor }));
  }

  private checkAddress(url: string | undefined): void {
    const message = url === undefined ? undefined : this.options.overrideFault?.(url);
    if (message === undefined) return;
    const violation = { in: 'body', path: 'addressOverride', message, code: 'address-refused' } as const;
    throw new Problem('invalid-request', undefined, { violations: [violation] });
  }

  private async known(identity: string): Promise<ChargeBoxDetails> {
    const details = await this.queries.execute(new FindChargeBox(identity));
    if (details === undefined) throw new Problem('not-found', 'No charge box of this identity is known.');
    return details;
  }

  private async find(identity: string) {
    const details = await this.queries.execute(new FindChargeBox(identity));
    return details && explained(details);
  }

  private now(): string {
    return new Date(this.clock.now()).toISOString();
  }
}

/** What is absent stays as it is; to the charge box an empty text takes a setting away. */
function settingsOf(change: InputOf<typeof changeChargeBox>['body']): ChargeBoxSettings {
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, value ?? (name === 'answers' ? {} : '')]),
  );
}

const meanings: Readonly<Record<string, string>> = quirkTable;

function explained(details: ChargeBoxDetails) {
  const quirks = details.quirks.map((quirk) =>
    Object.hasOwn(meanings, quirk.name) ? { ...quirk, meaning: meanings[quirk.name] } : quirk,
  );
  return { ...details, quirks };
}
