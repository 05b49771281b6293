import type { ListEntry } from '@app/charge-box';
import type { IdTagRow } from '@app/read-models';
import { FindChargeBox, FindIdTags } from '@app/read-models';
import { WantLocalList } from '@app/runtime';
import { Controller, Put, Req, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Changes, originOf } from './changes';
import { wantLocalList } from './commands.endpoints';
import type { InputOf } from './endpoint';
import { Described, Input } from './endpoint';
import { Problem } from './problem';
import { longestLocalList } from './schemas/commands';

type Entry = NonNullable<InputOf<typeof wantLocalList>['body']['entries']>[number];

@Controller()
export class LocalListsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly changes: Changes,
  ) {}

  @Put('charge-boxes/:identity/local-list')
  @Described(wantLocalList)
  async want(
    @Input(wantLocalList) { path: { identity }, body }: InputOf<typeof wantLocalList>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const entries = body.entries?.map(entryOf) ?? (await this.allIdTags());
    const command = new WantLocalList(identity, entries, body.chunk, originOf(request));
    return this.changes.make(command, reply, () => this.queries.execute(new FindChargeBox(identity)));
  }

  private async allIdTags(): Promise<readonly ListEntry[]> {
    const entries: ListEntry[] = [];
    let cursor: string | undefined;
    do {
      const paging = { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.queries.execute(new FindIdTags({}, paging));
      entries.push(...page.rows.map(ofRow));
      cursor = page.next;
      if (entries.length > longestLocalList)
        throw new Problem('refused', `There are more idTags than the ${longestLocalList} that a local list may have.`);
    } while (cursor !== undefined);
    return entries;
  }
}

function entryOf({ idTag, status, expiryDate, parentIdTag }: Entry): ListEntry {
  const expiry = expiryDate === undefined ? {} : { expiryDate };
  return { idTag, idTagInfo: { status, ...expiry, ...(parentIdTag === undefined ? {} : { parentIdTag }) } };
}

function ofRow({ idTag, blocked, expiryDate, parentIdTag }: IdTagRow): ListEntry {
  return entryOf({ idTag, status: blocked === true ? 'Blocked' : 'Accepted', expiryDate, parentIdTag });
}
