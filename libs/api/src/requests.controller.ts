import { FindRequest, FindRequests } from '@app/read-models';
import type { Commanded, InvalidAnswer } from '@app/runtime';
import { AnswerRequest, ChangeAnswering, ClaimRequest, FindAnswering, PatchAnswering } from '@app/runtime';
import { Controller, Get, HttpCode, Patch, Post, Put, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { flowOfRequest } from './flow-messages';
import { Problem } from './problem';
import { RequestFeed } from './request-feed';
import {
  answerRequest,
  changeAnswering,
  claimRequest,
  followRequests,
  listRequests,
  patchAnswering,
  showAnswering,
  showRequest,
} from './requests.endpoints';

@Controller()
export class RequestsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
    private readonly commands: CommandBus,
    private readonly feed: RequestFeed,
  ) {}

  @Get('requests')
  @Described(listRequests)
  async list(@Input(listRequests) { query }: InputOf<typeof listRequests>) {
    const { limit, cursor, ...filter } = query;
    const page = await this.queries.execute(new FindRequests(filter, { limit, cursor }));
    return { ...page, rows: page.rows.map(flowOfRequest) };
  }

  @Get('requests/feed')
  @Described(followRequests)
  follow(
    @Input(followRequests) { query }: InputOf<typeof followRequests>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    this.feed.follow(query, request, reply);
  }

  @Get('requests/:msgId')
  @Described(showRequest)
  async show(@Input(showRequest) { path: { msgId } }: InputOf<typeof showRequest>) {
    const row = await this.queries.execute(new FindRequest(msgId));
    if (row === undefined) throw unknown();
    return flowOfRequest(row);
  }

  @Post('requests/:msgId/response')
  @HttpCode(200)
  @Described(answerRequest)
  async answer(
    @Input(answerRequest) { path: { msgId }, query, body }: InputOf<typeof answerRequest>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    requireSameMessage(msgId, body);
    const identity = await this.feed.identityOf(msgId);
    if (identity === undefined) throw unknown();
    const responder = query.responder === undefined ? {} : { responder: query.responder };
    const origin = { ...originOf(request), actor: 'responder', ...responder };
    await this.settled(await this.commands.execute(new AnswerRequest(identity, msgId, body.payload, origin)), reply);
    return { msgId, outcome: 'answered' };
  }

  @Post('requests/:msgId/claim')
  @HttpCode(200)
  @Described(claimRequest)
  async claim(
    @Input(claimRequest) { path: { msgId }, body: { responder } }: InputOf<typeof claimRequest>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const identity = await this.feed.identityOf(msgId);
    if (identity === undefined) throw unknown();
    const origin = { ...originOf(request), actor: 'responder' };
    await this.settled(await this.changes.execute(new ClaimRequest(identity, msgId, responder, origin)), reply);
    return { msgId, outcome: 'claimed' };
  }

  @Get('answering')
  @Described(showAnswering)
  answering() {
    return this.queries.execute(new FindAnswering());
  }

  @Put('answering')
  @Described(changeAnswering)
  async changeAnswering(
    @Input(changeAnswering) { body }: InputOf<typeof changeAnswering>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.settled(await this.changes.execute(new ChangeAnswering(body, originOf(request))), reply);
    return this.queries.execute(new FindAnswering());
  }

  @Patch('answering')
  @Described(patchAnswering)
  async patchAnswering(
    @Input(patchAnswering) { body }: InputOf<typeof patchAnswering>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.settled(await this.changes.execute(new PatchAnswering(body, originOf(request))), reply);
    return this.queries.execute(new FindAnswering());
  }

  private async settled(outcome: Commanded | InvalidAnswer, reply: FastifyReply): Promise<void> {
    if (outcome.outcome === 'refused') throw new Problem('refused', outcome.reason);
    if (outcome.outcome === 'invalid') throw invalid(outcome);
    await this.changes.seen(outcome.position, reply);
  }
}

const unknown = () => new Problem('not-found', 'No such request is known.');

function invalid({ violations: found }: InvalidAnswer): Problem {
  const violations = found.map(({ path, code, message }) => ({
    in: 'body' as const,
    path: path.replace(/^\$/, 'payload'),
    code,
    message,
  }));
  const detail = 'The answer is not what the operation allows; the charge box still waits.';
  return new Problem('invalid-request', detail, { violations });
}

function requireSameMessage(
  msgId: string,
  body: { readonly msgId?: string | undefined; readonly msgID?: string | undefined },
): void {
  const violations = (['msgId', 'msgID'] as const).flatMap((path) =>
    body[path] === undefined || body[path] === msgId
      ? []
      : [
          {
            in: 'body' as const,
            path,
            code: 'contradiction',
            message: 'This is another request than the one in the path.',
          },
        ],
  );
  if (violations.length > 0) throw new Problem('invalid-request', undefined, { violations });
}
