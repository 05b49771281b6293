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
