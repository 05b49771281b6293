import type { Follower } from './follower';
import { filterText, matches } from './filter';
import type { Item } from './item';

/** Everybody who follows in the same way: what is written is the same for all of them. */
interface Group {
  readonly members: Set<Follower>;
  readonly first: Follower;
}

type Groups = Map<string, Group>;

/** Those who are up to date, by what they want. Groups of one charge box are found by it: there may be thousands. */
export class Audience {
  private readonly general: Groups = new Map();
  private readonly ofBox = new Map<string, Groups>();
  private readonly new = new Set<Follower>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  has(follower: Follower): boolean {
    return this.groupsOf(follower)?.get(keyOf(follower))?.members.has(follower) ?? false;
  }

  *members(): Generator<Follower> {
    for (const { members } of this.groups()) yield* members;
  }

  /** Those who were not told yet that they are up to date. */
  unannounced(): readonly Follower[] {
    return [...this.new];
  }

  add(follower: Follower): void {
    const groups = this.groupsOf(follower) ?? new Map<string, Group>();
    const { identity } = follower.following.filter;
    if (identity !== undefined) this.ofBox.set(identity, groups);
    const key = keyOf(follower);
    const group = groups.get(key) ?? { members: new Set(), first: follower };
    groups.set(key, group);
    group.members.add(follower);
    if (!follower.announced) this.new.add(follower);
    this.count += 1;
  }

  /** False when it was not there. */
  remove(follower: Follower): boolean {
    const groups = this.groupsOf(follower);
    const key = keyOf(follower);
    const group = groups?.get(key);
    if (groups === undefined || !group?.members.delete(follower)) return false;
    this.new.delete(follower);
    this.count -= 1;
    if (group.members.size === 0) groups.delete(key);
    const { identity } = follower.following.filter;
    if (identity !== undefined && groups.size === 0) this.ofBox.delete(identity);
    return true;
  }

  /** Who wants something of the items, with what they want of them. */
  groupsFor(items: readonly Item[]): readonly { readonly members: Set<Follower>; readonly items: readonly Item[] }[] {
    const wanted = new Map<Group, Item[]>();
    for (const item of items) {
      for (const group of this.groupsAbout(item)) {
        if (!matches(item, group.first.following.filter)) continue;
        const its = wanted.get(group);
        if (its === undefined) wanted.set(group, [item]);
        else its.push(item);
      }
    }
    return [...wanted].map(([{ members }, its]) => ({ members, items: its }));
  }

  private *groupsAbout(item: Item): Generator<Group> {
    yield* this.general.values();
    if (this.ofBox.size === 0) return;
    if (item.kind === 'removed') for (const groups of this.ofBox.values()) yield* groups.values();
    else yield* this.ofBox.get(item.facts.identity ?? '')?.values() ?? [];
  }

  private *groups(): Generator<Group> {
    yield* this.general.values();
    for (const groups of this.ofBox.values()) yield* groups.values();
  }

  private groupsOf({ following: { filter } }: Follower): Groups | undefined {
    return filter.identity === undefined ? this.general : this.ofBox.get(filter.identity);
  }
}

const keyOf = ({ following: { filter, format } }: Follower): string => `${format} ${filterText(filter)}`;
