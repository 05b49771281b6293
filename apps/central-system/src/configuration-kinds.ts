import { parseAllowList } from '@app/egress';
import { z } from 'zod';

/** How the texts of settings are read. */

export const host = (fallback: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'must be a host name or an address')
    .default(fallback);

export const urlPath = z
  .string()
  .regex(/^\/[A-Za-z0-9._~/-]{0,200}$/, 'must begin with / and hold only letters, digits and . _ ~ - /')
  .default('/ocpp');

export const outboundPath = z
  .string()
  .regex(/^\/[A-Za-z0-9._~/?=&%-]{0,200}$/, 'must be the path of a URL that begins with /')
  .default('/');

/** Who may be called. `words`: what may stand for many addresses. */
export const allowList = (fallback: string, words: readonly string[]) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const list = parseAllowList(text);
      const violations = 'violations' in list ? list.violations : [];
      const strange = 'entries' in list ? list.entries.map(({ whom }) => whom).filter(isStrange(words)) : [];
      for (const message of [...violations, ...strange.map((word) => `has ${String(word)}, which means nothing here`)])
        context.addIssue({ code: 'custom', message });
      return 'violations' in list || strange.length > 0 ? z.NEVER : list;
    });

const isStrange = (words: readonly string[]) => (whom: unknown) => typeof whom === 'string' && !words.includes(whom);
