import { chownSync, existsSync, statSync } from 'node:fs';

/**
 * Gives the rights of root up for those of the owner of the first of `paths` that exists, and `made` to that owner: what is written from
 * here on is the owner's, and a service that runs as the owner can go on with it.
 */
export function becomeOwnerOf(paths: readonly string[], made: string): void {
  const path = paths.find((each) => existsSync(each));
  if (path === undefined || process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(path);
  if (uid === 0) return;
  chownSync(made, uid, gid);
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
